"""The table of a comparison, in Markdown."""

from figures import LINNET, median
from rows import THREADS


def shown(figure):
    if figure is None:
        return "–"
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}"


def ratio(ratios):
    """The median, and the least and the largest of the rounds."""
    if not ratios:
        return "–"
    middle = f"{median(ratios):.2f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.2f}–{max(ratios):.2f})"


def target(targets):
    if targets is None:
        return "–"
    first, *others = targets
    return f"{first:g}" if all(other == first for other in others) else ", ".join(f"{t:g}" for t in targets)


def reached(targets, ratios):
    """Whether the medians reach the targets, for each number of threads that was measured."""
    pairs = [(median(found), to_reach) for found, to_reach in zip(ratios, targets or ()) if found]
    met = sum(found >= to_reach for found, to_reach in pairs)
    if not pairs:
        return "–"
    return "yes" if met == len(pairs) else "no" if met == 0 else f"{met} of {len(pairs)}"


def line(figures, row, peer):
    ratios = [figures.ratios(row, threads, peer) for threads in THREADS]
    if not any(ratios):
        return None
    cells = [row.name + (" (ms)" if row.unit == "ms" else ""), peer]
    for threads, found in zip(THREADS, ratios):
        cells += [shown(figures.median(row.name, threads, LINNET)), shown(figures.median(row.name, threads, peer)),
                  ratio(found)]
    cells += [target(row.targets[peer]), reached(row.targets[peer], ratios)]
    return "| " + " | ".join(cells) + " |"


def table(figures, rows):
    rounds = figures.rounds()
    lines = [", ".join(figures.facts.values()) + f"; medians of {rounds} {'round' if rounds == 1 else 'rounds'}, "
             "tokens per second unless said otherwise; a ratio above 1 is in Linnet's favour, and behind it are "
             "the least and the largest of the rounds.", "",
             "| work | beside | 1 thread | theirs | ratio | 2 threads | theirs | ratio | target | reached |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    pairs = (line(figures, row, peer) for row in rows for peer in row.targets)
    return "\n".join(lines + [text for text in pairs if text]) + "\n"
