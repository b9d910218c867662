"""The shapes of the random decoders: Llamas with a vocabulary of 32 000 and separate heads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    vocabulary: int = 32000

    @property
    def kv_width(self):
        return self.width // self.heads * self.kv_heads

    def numbers(self):
        """As `linnet bench --shape` takes them."""
        return ",".join(map(str, (self.width, self.layers, self.heads, self.kv_heads, self.hidden,
                                  self.vocabulary)))


SHAPES = {"15M": Shape(288, 6, 6, 6, 768),
          "110M": Shape(768, 12, 12, 12, 2048),
          "1.1B": Shape(2048, 22, 32, 4, 5632)}
