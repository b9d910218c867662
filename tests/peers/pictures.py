"""The pictures of a comparison: bars of ratio, percent of the limit, tokens per second over batches."""

import svg
from figures import LINNET, median
from rows import BATCHES, CTRANSLATE2, LLAMA, THREADS

WIDTH, LABELS, RIGHT = 900, 400, 60
TOP, LINE, BAR = 70, 34, 12
COLOURS = {1: "b", 2: "a"}  # by the number of threads


def steps(largest):
    """Round numbers from 0 that reach `largest` in at most eight steps."""
    size, factor = 10.0 ** -3, 0
    while size * (1, 2, 5)[factor] * 8 < largest:
        factor = (factor + 1) % 3
        size *= 10 if factor == 0 else 1
    step = size * (1, 2, 5)[factor]
    count = 1
    while step * count < largest:
        count += 1
    return [step * i for i in range(count + 1)]


def legend(x, entries):
    shapes = []
    for class_, text in entries:
        shapes += [svg.bar(x, 36, 12, 12, class_), svg.words(x + 18, 47, text)]
        x += 40 + 8 * len(text)
    return shapes


def bars(title, entries, unit, marks):
    """`entries`: [(label, {threads: value}, {threads: where a mark stands, or None})]."""
    values = [value for _, found, targets in entries for value in (*found.values(), *targets.values()) if value]
    ticks = steps(max(values))
    height = TOP + LINE * len(entries) + 30

    def place(value):
        return LABELS + (WIDTH - LABELS - RIGHT) * value / ticks[-1]

    shapes = [svg.words(10, 24, title, "title"),
              *legend(LABELS, [(COLOURS[1], "1 thread"), (COLOURS[2], "2 threads")])]
    if marks:
        shapes += [svg.stroke(LABELS + 240, 36, LABELS + 240, 48, "mark"), svg.words(LABELS + 250, 47, marks)]
    for tick in ticks:
        shapes += [svg.stroke(place(tick), TOP - 6, place(tick), height - 26, "grid"),
                   svg.words(place(tick), height - 8, f"{tick:g}{unit}", "faint", "middle")]
    for number, (label, found, targets) in enumerate(entries):
        y = TOP + LINE * number
        shapes.append(svg.words(LABELS - 10, y + 17, label, anchor="end"))
        for threads, value in found.items():
            top = y + (threads - 1) * (BAR + 2)
            shapes += [svg.bar(LABELS, top, place(value) - LABELS, BAR, COLOURS[threads]),
                       svg.words(place(value) + 5, top + 11, f"{value:.2f}" if value < 10 else f"{value:.0f}", "faint")]
            if targets.get(threads):
                shapes.append(svg.stroke(place(targets[threads]), top - 1, place(targets[threads]), top + BAR + 1,
                                         "mark"))
    return svg.picture(WIDTH, height, title, shapes)


def ratio_entries(figures, rows):
    for row in rows:
        for peer, targets in row.targets.items():
            ratios = {threads: figures.ratios(row, threads, peer) for threads in THREADS}
            found = {threads: median(values) for threads, values in ratios.items() if values}
            if found:
                beside = peer.split(",")[0]  # the row's own name says "AVX2 only"
                yield f"{row.name} / {beside}", found, dict(zip(THREADS, targets)) if targets else {}


def limit_entries(figures, rows):
    for row in rows:
        found = {threads: figures.limit(row.name, threads) for threads in THREADS}
        found = {threads: percent for threads, percent in found.items() if percent is not None}
        if found:
            yield row.name, found, {}


def batch_series(figures, rows, engine, threads):
    """[(batch, tokens per second)] of the decoder whose generations are measured in several batches."""
    batched = {row.batch: row.name for row in rows
               if row.kind == "generation" and row.shape == "110M" and row.type == "int8" and not row.depth}
    points = [(batch, figures.median(batched[batch], threads, engine)) for batch in BATCHES if batch in batched]
    return [(batch, speed) for batch, speed in points if speed is not None]


def batches(title, series):
    """`series`: [(engine, threads, class of its colour, points)]."""
    ticks = steps(max(speed for *_, points in series for _, speed in points))
    left, width, height = 70, 640, 380
    bottom = height - 50

    def place(batch, speed):
        return (left + (width - left - 30) * BATCHES.index(batch) / (len(BATCHES) - 1),
                bottom - (bottom - 100) * speed / ticks[-1])

    shapes = [svg.words(10, 24, title, "title"),
              *legend(left, dict.fromkeys((class_, engine) for engine, _, class_, _ in series)),
              svg.words(left, 68, "1 thread dashed", "faint"),
              svg.words(width / 2, height - 8, "sequences at a time", "faint", "middle")]
    for tick in ticks:
        y = place(BATCHES[0], tick)[1]
        shapes += [svg.stroke(left, y, width - 30, y, "grid"), svg.words(left - 8, y + 4, f"{tick:g}", "faint", "end")]
    for batch in BATCHES:
        shapes.append(svg.words(place(batch, 0)[0], bottom + 20, str(batch), "faint", "middle"))
    for _, threads, class_, points in series:
        places = [place(*point) for point in points]
        shapes.append(svg.path(places, class_ + (" dashed" if threads == 1 else "")))
        shapes += [svg.dot(x, y, class_) for x, y in places]
    return svg.picture(width, height, title, shapes)


def all_series(figures, rows):
    for engine, class_ in ((LINNET, "a"), (LLAMA, "c"), (CTRANSLATE2, "d")):
        for threads in THREADS:
            points = batch_series(figures, rows, engine, threads)
            if len(points) > 1:
                yield engine, threads, class_, points


def pictures(figures, rows):
    """{file name: SVG} of what there are figures for."""
    drawn = {}
    if ratios := list(ratio_entries(figures, rows)):
        drawn["ratio.svg"] = bars("Speed of Linnet over that of others", ratios, "", "target")
    if limits := list(limit_entries(figures, rows)):
        drawn["limit.svg"] = bars("Percent of what this machine could do", limits, " %", "")
    if series := list(all_series(figures, rows)):
        drawn["batch.svg"] = batches("Tokens per second, 110M int8, over sequences at a time", series)
    return drawn
