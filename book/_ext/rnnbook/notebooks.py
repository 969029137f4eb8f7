"""Each chapter as a notebook to download, made from its source and the numbers of its own run.

It runs wherever rnnlab is installed: its first cell says how, and brings what the chapter reads of `book/results`.
Outputs are left out, for running it makes them. An assignment is a notebook already.
"""

import json
import re
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rnnbook import running
from rnnbook.plain import Known, plain, works

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "book" / "results"
FOLDER = "notebooks"
CHAPTER = re.compile(r"book/\d\d_\w+$")
FOLDED = {"hide-input", "remove-input", "remove-cell", "hide-cell"}

WELCOME = """*This notebook is a chapter of the book “Recurrent Neural Networks”. Run its cells from the top. Code that
draws a figure is folded, as are solutions: click on the bar at its left to see it.*"""

SETUP = '''# The chapter needs rnnlab {version}, with what reads real data.
from importlib.util import find_spec

if find_spec("rnnlab") is None:
    %pip install --quiet "rnnlab[data]=={version}"


def glue(name, value, display=False):
    """Do nothing: in the book this hands a number to the text, which has it here already."""'''

STORED = """# Some runs take too long for a notebook. Their numbers, as the book stores them, go into `results`.
from pathlib import Path

for name, text in {{
{files}
}}.items():
    file = Path("results") / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")"""

# How chapters name the folder of stored results: from the place of the library, which elsewhere has no book beside it.
PLACES = [
    (r'Path\(\w+\.__file__\)\.parents\[\d\] / "book" / "results"', 'Path("results")'),
    (r'Path\(\w+\.__file__\)\.parents\[\d\] / "book/results/', 'Path("results") / "'),
    (r"^from myst_nb import glue\n", ""),
]


def derive(cells, known, version):
    """Return a chapter as a notebook.

    Parameters
    ----------
    cells : list
        The cells of its source: Markdown in MyST, and code with tags.
    known : Known
        What its text refers to.
    version : str
        The version of the library that it goes with.
    """
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    made = [new_markdown_cell(WELCOME), new_code_cell(SETUP.format(version=version))]
    if stored := stored_in(code):
        files = "\n".join(f"    {p.relative_to(RESULTS).as_posix()!r}: {compact(p)!r}," for p in stored)
        made.append(fold(new_code_cell(STORED.format(files=files))))
    answer = False
    for cell in cells:
        if cell.cell_type == "code":
            made.append(code_cell(cell, answer))
            continue
        text, answer = unfold(cell.source, answer)
        if text := plain(text, known).strip():
            made.append(new_markdown_cell(text))
    for number, cell in enumerate(made):
        cell["id"] = f"cell-{number}"  # the same at every build
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def code_cell(cell, answer):
    """Return a cell of code for a reader's own run, folded if the book folds it."""
    source = cell.source
    for pattern, replacement in PLACES:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    made = new_code_cell(source.strip("\n"))
    tags = set(cell.metadata.get("tags", []))
    if "raises-exception" in tags:
        made.metadata["tags"] = ["raises-exception"]
    return fold(made, outputs=answer) if answer or tags & FOLDED else made


def fold(cell, outputs=False):
    """Return a cell whose code is folded, and what it prints too if that would tell an answer."""
    cell.metadata["jupyter"] = {"source_hidden": True} | ({"outputs_hidden": True} if outputs else {})
    return cell


def unfold(text, inside):
    """Return a text in which each answer that runs over several cells is a heading, and whether one is open at its end.

    An element of HTML cannot begin in one cell of a notebook and end in another.
    """
    pieces = re.split(r"(<details\b[^>]*>\s*<summary>.*?</summary>|</details>)", text, flags=re.DOTALL)
    for i, piece in enumerate(pieces):
        if piece.startswith("<details"):
            whole = any(later == "</details>" for later in pieces[i + 1 :])
            title = re.search(r"<summary>(.*?)</summary>", piece, re.DOTALL)[1]
            pieces[i], inside = (piece, "html") if whole else (f"**{title}** (its code is folded)", True)
        elif piece == "</details>":
            pieces[i], inside = ("" if inside is True else piece), False
    return "".join(pieces), inside is True


def stored_in(code):
    """Return what code names of `book/results`: files, `{name}` standing for anything, and whole folders."""
    names = [name for name in re.findall(r"[\w{}.-]+(?=\.json\b)", code) if not re.fullmatch(r"\{\w+\}", name)]
    patterns = [re.sub(r"\\\{.*?\\\}", r"\\w+", re.escape(name)) for name in names]
    folders = re.findall(r'"results" / "(\w+)"', code)
    found = [p for p in RESULTS.glob("*.json") if any(re.fullmatch(pattern, p.stem) for pattern in patterns)]
    return sorted(found + [path for folder in folders for path in (RESULTS / folder).glob("*.json*")])


def compact(path):
    """Return a file of numbers without the space between them; one that is written line by line as it is."""
    text = path.read_text(encoding="utf-8")
    return json.dumps(json.loads(text), separators=(",", ":")) if path.suffix == ".json" else text


def values_of(notebook):
    """Return the values that a run handed to the text, each by its name, as Python writes them."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            said = output.get("metadata", {}).get("scrapbook")
            if said:
                data = {kind.rpartition("record/")[2]: text for kind, text in output["data"].items()}
                found[said["name"]] = data.get("text/plain", "")
    return found


def write(app, exception):
    """Write the notebook of each chapter that ran."""
    if exception or app.builder.format != "html":
        return
    from rnnlab import __version__

    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    cache = get_cache(app.config.nb_execution_cache_path)
    env = app.env
    equations = {label: number for label, (_, number) in env.get_domain("math").equations.items()}
    titles = {name.rpartition("/")[2]: title.astext() for name, title in env.titles.items()}
    known = Known(equations=equations, works=works(ROOT / "book" / "references.bib"), titles=titles)
    for docname in filter(CHAPTER.match, sorted(env.found_docs)):
        source = running.notebook_of(env, docname)
        if source is None:
            continue
        try:
            ran = cache.get_cache_bundle(cache.match_cache_notebook(source).pk).nb
        except KeyError:  # it failed, which the build has said
            continue
        known.values = values_of(ran)
        made = derive(source.cells, known, __version__)
        nbformat.write(made, folder / f"{docname.rpartition('/')[2]}.ipynb")


def offer(app, pagename, templatename, context, doctree):
    """Offer the notebook: in the menu at the head of a chapter and at its end, at the head of an assignment."""
    name = pagename.rpartition("/")[2]
    if doctree is None:
        return
    if pagename.startswith("exercises/"):
        address = context["pathto"](f"_sources/{pagename}.ipynb", 1)
        line = f'<p class="notebook-link"><a href="{address}" download>Download this notebook</a></p>'
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)
    elif re.fullmatch(r"book/\d\d_\w+", pagename):
        address = context["pathto"](f"{FOLDER}/{name}.ipynb", 1)
        context["body"] += f'<p class="notebook-link"><a href="{address}" download>This chapter as a notebook</a></p>\n'
        entry = {"type": "link", "url": address, "text": ".ipynb", "tooltip": "Download as a notebook"}
        entry |= {"icon": "fas fa-file", "label": "download-notebook-button"}
        for group in context.get("header_buttons", []):
            if group.get("label") == "download-buttons":
                group["buttons"].insert(0, entry)


def setup(app):
    """Register this part with Sphinx."""
    app.connect("html-page-context", offer, priority=600)  # after the theme has made its buttons
    app.connect("build-finished", write)
