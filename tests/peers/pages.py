"""Puts what was measured between two markers of a text."""


def replaced(text, name, inner):
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise ValueError(f"the text needs one {begin.strip()} with one {end.strip()} behind it")
    return text[:text.index(begin)] + begin + inner + text[text.index(end):]


def write(path, name, inner):
    path.write_text(replaced(path.read_text(), name, inner))
