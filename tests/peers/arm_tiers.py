"""The instruction sets of ARM that are counted, each on a processor that has no more."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Architecture:
    preset: str    # of Linnet
    triple: str    # of the compiler, and of its file in toolchains/
    emulator: str

    @property
    def linnet(self):
        return Path("build") / self.preset / "linnet"


AARCH64 = Architecture("aarch64", "aarch64-linux-gnu", "qemu-aarch64")
ARMV7 = Architecture("armv7", "arm-linux-gnueabihf", "qemu-arm")


@dataclass(frozen=True)
class Tier:
    name: str
    kernels: str   # of Linnet
    architecture: Architecture
    processor: str   # of QEMU
    llama_flags: tuple   # of CMake


def for_arm(instructions):
    return (f"-DGGML_CPU_ARM_ARCH={instructions}",)


TIERS = {tier.name: tier for tier in (
    Tier("neon", "neon", AARCH64, "cortex-a53", for_arm("armv8-a")),
    Tier("neondot", "neondot", AARCH64, "cortex-a76", for_arm("armv8.2-a+dotprod")),
    Tier("neoni8mm", "neoni8mm", AARCH64, "max", for_arm("armv8.2-a+dotprod+i8mm")),
    Tier("armv7", "neon", ARMV7, "cortex-a7",
         ("-DCMAKE_C_FLAGS=-mfpu=neon-vfpv4", "-DCMAKE_CXX_FLAGS=-mfpu=neon-vfpv4")))}
