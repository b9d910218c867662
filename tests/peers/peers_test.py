"""Tests of what needs no other engine: reading outputs, medians, the table, the page and the pictures."""

import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import instructions
import loops
import outputs
import pages
import pictures
import rows
import tables
from arm_tiers import TIERS
from figures import Figures
from measure import measure, plan
from rows import CTRANSLATE2, LLAMA, Row

TIMING = '{"event":"timing","test":"generation 64, batch 4","median":81.5,"percent_of_limit":42}\n'


class OutputsAreRead(unittest.TestCase):
    def test_the_figure_of_linnet_comes_with_the_percent_of_its_limit(self):
        machine = '{"event":"machine"}\n'
        self.assertEqual(outputs.of_linnet(TIMING + machine, batch=4), (81.5, 42))
        self.assertEqual(outputs.of_linnet('{"event":"timing","test":"prompt 8","median":2.5}'), (2.5, None))

    def test_a_linnet_that_measured_another_batch_is_refused(self):
        with self.assertRaises(outputs.Unsupported):
            outputs.of_linnet(TIMING, batch=8)

    def test_no_row_and_two_rows_are_refused(self):
        for text in ("", TIMING + TIMING):
            with self.assertRaises(outputs.Unsupported):
                outputs.of_linnet(text)
        for read in (outputs.of_llama_bench, outputs.of_batched_bench):
            with self.assertRaises(outputs.Unsupported):
                read("error: no model\n")

    def test_llama_bench_tells_its_samples(self):
        self.assertEqual(outputs.of_llama_bench('load\n{"avg_ts": 9, "samples_ts": [1.0, 2.0, 30.0]}\n'), 2.0)

    def test_the_generation_of_a_batch_counts_and_not_its_prompt(self):
        lines = "".join(f'{{"pl": 4, "speed_pp": 1.0, "speed_tg": {speed}}}\n' for speed in (5.0, 7.0, 6.0))
        self.assertEqual(outputs.of_batched_bench("\n" + lines + "\n"), 6.0)

    def test_the_version_of_linnet_names_its_kernels(self):
        text = "linnet 1.2.3\ncompiler GCC\nkernels  reference avx2 (in use)\n"
        self.assertEqual(outputs.facts_of_linnet(text), "Linnet 1.2.3, kernels `avx2`")


def three_rounds(row, ours, theirs, peer=LLAMA, threads=1):
    figures = Figures({"processor": "a CPU"})
    for mine, other in zip(ours, theirs):
        figures.add(row.name, threads, "Linnet", mine)
        figures.add(row.name, threads, peer, other)
    return figures


class FiguresAreKept(unittest.TestCase):
    def test_a_ratio_compares_figures_of_the_same_round(self):
        row = Row("work", "prompt", targets={LLAMA: (1, 1)})
        figures = three_rounds(row, (10, 100, 20), (5, 25, 20))
        self.assertEqual(figures.ratios(row, 1, LLAMA), [2, 4, 1])
        self.assertEqual(figures.median(row.name, 1, "Linnet"), 20)

    def test_less_time_is_the_higher_ratio(self):
        row = Row("work", "start", targets={LLAMA: None})
        self.assertEqual(three_rounds(row, (10,), (30,)).ratios(row, 1, LLAMA), [3])

    def test_a_round_that_was_interrupted_counts_for_those_who_ran(self):
        row = Row("work", "prompt", targets={LLAMA: None})
        figures = three_rounds(row, (10,), (5,))
        figures.add(row.name, 1, "Linnet", 11)
        self.assertEqual(figures.ratios(row, 1, LLAMA), [2])
        self.assertEqual(figures.ratios(row, 2, LLAMA), [])

    def test_what_is_saved_is_what_is_loaded(self):
        figures = three_rounds(Row("work", "prompt"), (1, 2), (3, 4))
        figures.add_limit("work", 2, 55.5)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "figures.json"
            figures.save(path)
            loaded = Figures.load(path)
        self.assertEqual(vars(loaded), vars(figures))


class Engine:
    def __init__(self, name, fails=(), said=None):
        self.name, self.fails, self.said = name, fails, said if said is not None else []

    def prepare(self, row):
        if row.name in self.fails:
            raise outputs.Unsupported("cannot")

    def measure(self, row, threads, _):
        if "breaks" in self.fails:
            raise outputs.Unsupported("broke")
        self.said.append(self.name)
        return 1.0, 50.0 if self.name == "Linnet" else None


class RoundsAlternate(unittest.TestCase):
    ROW = Row("work", "prompt", targets={LLAMA: None, CTRANSLATE2: None})

    def run_two_rounds(self, linnet, llama, ctranslate2):
        figures, kept = Figures({}), []
        planned = plan([self.ROW], linnet, {LLAMA: llama, CTRANSLATE2: ctranslate2})
        measure(planned, 2, figures, lambda: kept.append(len(figures.measured)))
        return figures, kept

    def test_every_engine_has_its_turn_with_every_number_of_threads_in_every_round(self):
        said = []
        engines = [Engine(name, said=said) for name in ("Linnet", LLAMA, CTRANSLATE2)]
        figures, kept = self.run_two_rounds(*engines)
        self.assertEqual(said, ["Linnet", LLAMA, CTRANSLATE2] * 4)
        self.assertEqual(kept, [3, 6, 6, 6])
        self.assertEqual(figures.limit("work", 2), 50)

    def test_a_row_that_linnet_does_not_know_is_left_out(self):
        said = []
        figures, _ = self.run_two_rounds(Engine("Linnet", ["work"], said), Engine(LLAMA, said=said),
                                         Engine(CTRANSLATE2, said=said))
        self.assertEqual((said, figures.measured), ([], {}))

    def test_an_engine_that_fails_leaves_the_others_alone(self):
        said = []
        self.run_two_rounds(Engine("Linnet", said=said), Engine(LLAMA, ["breaks"], said),
                            Engine(CTRANSLATE2, said=said))
        self.assertEqual(said, ["Linnet", CTRANSLATE2] * 4)


class TheTableIsTrue(unittest.TestCase):
    def test_a_row_shows_medians_spread_target_and_whether_it_is_reached(self):
        row = Row("work", "prompt", targets={LLAMA: (1.5, 3.0)})
        figures = three_rounds(row, (100, 110, 120), (50, 50, 50))
        for mine, other in ((10, 5), (12, 5), (11, 5)):
            figures.add("work", 2, "Linnet", mine)
            figures.add("work", 2, LLAMA, other)
        self.assertEqual(tables.table(figures, [row]).splitlines()[-1],
                         "| work | llama.cpp | 110 | 50.0 | 2.20 (2.00–2.40) | 11.0 | 5.0 | 2.20 (2.00–2.40) "
                         "| 1.5, 3 | 1 of 2 |")

    def test_what_was_not_measured_is_no_row_and_no_claim(self):
        row = Row("work", "prompt", targets={LLAMA: (1, 1), CTRANSLATE2: (2, 2)})
        text = tables.table(three_rounds(row, (1,), (2,)), [row])
        self.assertNotIn(CTRANSLATE2, text)
        self.assertTrue(text.endswith("| 1.0 | 2.0 | 0.50 | – | – | – | 1 | no |\n"), text)

    def test_no_two_rows_have_one_name_and_every_row_has_its_peers(self):
        every = rows.rows()
        self.assertEqual(len({row.name for row in every}), len(every))
        self.assertTrue(all(row.targets for row in every))

    def test_quick_leaves_the_large_decoder_out(self):
        self.assertFalse([row for row in rows.chosen("", quick=True) if row.shape == "1.1B" or row.repeats > 1])
        self.assertEqual([row.isa for row in rows.chosen("^prompt of 128, 110M int8", quick=False)], ["", "avx2"])


class ThePageIsWritten(unittest.TestCase):
    def test_only_what_stands_between_the_markers_changes(self):
        page = "before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n"
        self.assertEqual(pages.replaced(page, "x", "new\n"),
                         "before\n<!-- x: begin -->\nnew\n<!-- x: end -->\nafter\n")

    def test_a_page_without_markers_or_with_two_is_refused(self):
        page = "<!-- x: begin -->\n<!-- x: end -->\n"
        for text in ("", page + page, "<!-- x: end -->\n<!-- x: begin -->\n"):
            with self.assertRaises(ValueError):
                pages.replaced(text, "x", "new\n")


class PicturesAreSvg(unittest.TestCase):
    def figures(self):
        figures = Figures({})
        for row in rows.rows():
            for threads in rows.THREADS:
                figures.add(row.name, threads, "Linnet", 10.0 * threads * row.batch)
                figures.add_limit(row.name, threads, 40)
                for peer in row.targets:
                    figures.add(row.name, threads, peer, 5)
        return figures

    def test_each_is_well_formed_and_keeps_its_text(self):
        drawn = pictures.pictures(self.figures(), rows.rows())
        self.assertEqual(sorted(drawn), ["batch.svg", "limit.svg", "ratio.svg"])
        for picture in drawn.values():
            root = xml.fromstring(picture)
            texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
            self.assertIn("prefers-color-scheme: dark", picture)
            self.assertTrue(texts and all(texts))
            for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
                self.assertLessEqual(float(rect.get("x")) + float(rect.get("width")), float(root.get("width")))

    def test_a_bar_ends_where_its_value_is_and_the_target_has_a_mark(self):
        row = Row("a < b", "prompt", targets={LLAMA: (4, 4)})
        root = xml.fromstring(pictures.pictures(three_rounds(row, (10,), (5,)), [row])["ratio.svg"])
        rect = list(root.iter("{http://www.w3.org/2000/svg}rect"))[-1]
        mark = [line for line in root.iter("{http://www.w3.org/2000/svg}line") if line.get("class") == "mark"][-1]
        start = float(rect.get("x"))
        self.assertAlmostEqual(2 * float(rect.get("width")), float(mark.get("x1")) - start, delta=0.2)

    def test_nothing_measured_is_no_picture(self):
        self.assertEqual(pictures.pictures(Figures({}), rows.rows()), {})

    def test_the_axis_has_round_steps_and_reaches_the_largest_value(self):
        for largest in (0.004, 0.9, 1, 7.3, 99, 100, 12345):
            ticks = pictures.steps(largest)
            self.assertGreaterEqual(ticks[-1] * 1.0001, largest)
            self.assertLessEqual(len(ticks), 10)


class InstructionsAreCounted(unittest.TestCase):
    @staticmethod
    def run_of(prompt, generated):
        """Loading costs 1000, a token of a prompt 7, and a generated one 30 here and 3 there."""
        return instructions.read([f"{1000 + 7 * prompt} main", f"{20 * generated} dot(a, b)",
                                  f"{10 * generated} dot(a, b)", f"{3 * generated} -"])

    def test_a_token_is_what_it_adds_and_loading_cancels(self):
        tokens = instructions.per_token(self.run_of)
        self.assertEqual(tokens["generated"], {"main": 0, "dot(a, b)": 30, "-": 3})
        self.assertEqual(tokens["prompt"].total(), 7)

    def test_the_functions_with_most_come_first(self):
        lines = instructions.by_function(instructions.per_token(self.run_of)["generated"], most=2)
        self.assertEqual([line.split(maxsplit=2) for line in lines],
                         [["0.0", "90.9%", "dot(a, b)"], ["0.0", "9.1%", "-"]])

    def test_a_row_tells_the_ratio_and_whether_it_is_reached(self):
        ours, theirs = ({"generated": instructions.Counter(f=count)} for count in (15e6, 20e6))

        def ending(other, target):
            return instructions.row(TIERS["neon"], "int8", "generated", ours, other, target).split("15.0 ")[1]

        self.assertEqual(ending(theirs, 0.8), "| 20.0 | 0.75 | 0.8 | yes |")
        self.assertEqual(ending(theirs, 0.7), "| 20.0 | 0.75 | 0.7 | no |")
        self.assertEqual(ending(theirs, None), "| 20.0 | 0.75 | – | – |")
        self.assertEqual(ending(None, 0.7), "| does not build | – | 0.7 | – |")


class LoopsAreFound(unittest.TestCase):
    AARCH64 = """
       0:\tsmull\tx14, w3, w5
       4:\tsmull\tv3.8h, v16.8b, v11.8b
       8:\tsmlal2\tv3.8h, v16.16b, v11.16b  // a remark
       c:\tb.gt\t4 <f+0x4>
      10:\tsdot\tv1.4s, v2.16b, v3.4b[1]
      14:\tcbnz\tw4, 10 <f+0x10>
      18:\tb.ne\t18 <f+0x18>  // b.any
    """
    ARMV7 = """
       0:\tbl\t0 <g>
       4:\tvmull.s8\tq8, d0, d1
       8:\tvmlal.s8\tq8, d2, d3
       c:\tvmla.f32\tq8, q2, q3
      10:\tbne\t4 <f+0x4>
    """

    def test_the_loop_is_the_one_with_most_products(self):
        self.assertEqual(loops.loop_of(self.AARCH64)[0], "smull\tv3.8h, v16.8b, v11.8b")
        for text, length in ((self.AARCH64, 3), (self.ARMV7, 4)):
            loop = loops.loop_of(text)
            self.assertEqual((len(loop), loops.products(loop)), (length, 16))

    def test_llvm_mca_is_given_a_label_and_no_widths(self):
        self.assertEqual(loops.assembly(["ldr.w\tr2, [ip, #-16]", "b.gt\t4 <f+0x4>", "bne.n\t4 <f+0x4>"]),
                         "here:\nldr\tr2, [ip, #-16]\nb.gt\there\nbne\there\n")

    def test_one_token_and_the_largest_tile_are_shown(self):
        def name(function, rest, bits=8):
            return (f"void linnet::kernels::generic::{function}<linnet::kernels::generic::IntsOf<linnet::kernels::"
                    f"Neon, {bits}>, (linnet::kernels::ScaleFormat)0{rest}>(linnet::kernels::MatmulInt const&, int)")

        names = {"a": name("matmul_int_tile", ", 1, 2, 3, 1"), "b": name("matmul_int_tile", ", 1, 2, 4, 2"),
                 "c": name("matmul_int_single", ""), "d": name("matmul_int_tile", ", 1, 4, 1, 1", bits=4),
                 "e": name("matmul_int_panels", "")}
        self.assertEqual(loops.functions(names, "neon", 8), {1: "c", 8: "b"})
        self.assertEqual(loops.functions(names, "neon", 4), {1: "d"})


if __name__ == "__main__":
    unittest.main(buffer=True)
