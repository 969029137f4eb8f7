"""On paper nothing folds: each answer moves from below its question to the end of its chapter."""

import re

from rnnbook.bound.articles import tree

TITLE = "Answers and solutions"


def collect(article, link):
    """Move the folded answers of an article into a section at its end.

    Parameters
    ----------
    article : Article
        Changed in place: each answer is numbered `answer-1` and so on, its question `question-1`.
    link : callable
        Returns the HTML of the line that leads to an answer, from its name and its number.
    """
    folded = article.body.find_all("details", class_="answer")
    found = [details for details in folded if re.match("Answer|Solution", details.summary.get_text(strip=True))]
    for details in folded:
        if not any(details is answer for answer in found):  # more of the text: it stays, with its title
            title = details.summary
            title.name, title.attrs = "p", {"class": ["topic"]}
            details.name, details.attrs = "div", {"class": ["unfolded"]}
    if not found:
        return
    section = tree(f'<section id="answers"><h2>{TITLE}</h2></section>').section
    topic = None
    for number, details in enumerate(found, start=1):
        name = details.summary.get_text(strip=True)
        heading = details.find_parent("section").find(["h1", "h2", "h3"]).get_text(strip=True)
        if heading != topic:
            section.append(tree(f'<p class="topic">{heading}</p>'))
            topic = heading
        label = label_of(details)
        details.insert_before(tree(f'<p class="to-answer" id="question-{number}">{link(name, number)}</p>'))
        details.summary.decompose()
        answer = details.extract()
        answer.name, answer.attrs = "div", {"class": ["answer"], "id": f"answer-{number}"}
        back = f'<a class="back" href="#question-{number}">{label or "Question"}</a>'
        first = answer.find(True)
        if first is not None and first.name == "p":
            first.insert(0, tree(f"{back} "))
        else:
            answer.insert(0, tree(f"<p>{back}</p>"))
        section.append(answer)
    last = article.body.find("section") or article.body
    last.append(section)


def label_of(details):
    """Return what numbers the question above an answer, as "2." or "A", "" if nothing does."""
    question = details
    while (question := question.find_previous_sibling(["p", "details"])) is not None and question.name == "p":
        strong = question.find("strong")
        if strong is not None and strong.find_previous_sibling() is None and len(text := strong.get_text()) <= 3:
            return text
    return ""
