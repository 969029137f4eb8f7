"""What a browser is asked about a page: each script returns a list of complaints, empty where all is well."""

# What stands outside the page and cannot be scrolled to. The scope is a selector.
CUT_OFF = """(scope) => [...document.querySelectorAll(`${scope} *`)].filter((box) => {
    const place = box.getBoundingClientRect();
    if (!place.width || !box.checkVisibility({ visibilityProperty: true })) return false;
    if (box.closest(".katex-mathml, .katex svg, .visually-hidden")) return false; // a brace is cut to length by design
    if (place.right <= innerWidth + 1 && place.left >= -1) return false;
    for (let outer = box.parentElement; outer; outer = outer.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(outer).overflowX) && outer.tagName !== "HTML") {
            const frame = outer.getBoundingClientRect();
            const start = place.left + outer.scrollLeft >= frame.left - 1;
            const end = place.right + outer.scrollLeft - frame.left <= outer.scrollWidth + 1;
            if (start && end && frame.right <= innerWidth + 1) return false;
        }
    return true;
}).map((box) => box.outerHTML.slice(0, 120))"""

WIDER_THAN_WINDOW = """() => {
    const wide = document.scrollingElement.scrollWidth;
    return wide > innerWidth ? [`the page is ${wide} pixels wide in a window of ${innerWidth}`] : [];
}"""

# Each slider goes through all its positions, each button is pressed once; after each, nothing may be cut off.
EVERY_POSITION = f"""() => {{
    const cutOff = {CUT_OFF};
    const found = [];
    for (const figure of document.querySelectorAll("figure.rf-live")) {{
        figure.dataset.checked = "";
        const look = (where) => cutOff("[data-checked]").forEach((box) => found.push(`${{where}}: ${{box}}`));
        for (const slider of figure.querySelectorAll("input[type=range]")) {{
            const first = slider.value;
            for (let value = +slider.min; value <= +slider.max; value += +slider.step || 1) {{
                slider.value = value;
                slider.dispatchEvent(new Event("input", {{ bubbles: true }}));
                look(`at position ${{value}}`);
            }}
            slider.value = first;
            slider.dispatchEvent(new Event("input", {{ bubbles: true }}));
        }}
        for (const button of figure.querySelectorAll("button:not([data-play])")) {{
            button.click();
            look(`after ${{button.textContent}}`);
        }}
        delete figure.dataset.checked;
    }}
    return [...new Set(found)];
}}"""

BROKEN_WORDS = """() => {
    const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const cell = node.parentElement.closest("article table:not(.genindextable) :is(td, th)");
        if (!cell || node.parentElement.closest(".katex")) continue;
        for (const word of node.data.matchAll(/[\\w.]+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
        }
    }
    return broken;
}"""

# Lines and outlines of a drawing need 3:1 against the page, text 4.5:1. What is faded on purpose, to stand back, and
# what is filled with the ground's own colour is left out.
FAINT = """() => {
    const rgba = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
    const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const light = (c) => c.slice(0, 3).map((v) => linear(v / 255))
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const contrast = (a, b) => {
        const [p, q] = [light(a), light(b)].sort((x, y) => y - x);
        return (p + .05) / (q + .05);
    };
    const groundOf = (box) => {
        for (; box; box = box.parentElement) {
            const ground = rgba(getComputedStyle(box).backgroundColor);
            if (ground.length === 3 || ground[3] === 1) return ground;
        }
        return [255, 255, 255];
    };
    const found = new Set();
    for (const svg of document.querySelectorAll("svg.rf-svg")) {
        const ground = groundOf(svg.parentElement);
        for (const part of svg.querySelectorAll("text, path, line, polyline, polygon, rect, circle")) {
            let faded = !part.checkVisibility({ visibilityProperty: true });
            for (let box = part; box && box !== svg; box = box.parentElement)
                faded ||= getComputedStyle(box).opacity < 1;
            if (faded) continue;
            const style = getComputedStyle(part), text = part.tagName === "text";
            const paint = text ? style.fill : style.stroke;
            if (!paint.startsWith("rgb") || (text && !part.textContent.trim())) continue;
            const colour = rgba(paint);
            if (colour[3] === 0) continue;
            const ratio = contrast(colour, ground), least = text ? 4.5 : 3;
            const name = text ? part.textContent : part.tagName;
            if (ratio < least) found.add(`${name} ${paint}: ${ratio.toFixed(2)}, not ${least}`);
        }
    }
    return [...found];
}"""

# The element with the focus: a name for it, and whether it can be seen and shows that it has the focus.
FOCUSED = """() => {
    const box = document.activeElement;
    if (!box || box === document.body || box === document.documentElement) return null;
    box.scrollIntoView({ block: "nearest" });
    const ring = (part) => {
        const style = getComputedStyle(part);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const seen = (part) => {
        const place = part.getBoundingClientRect();
        return part.checkVisibility({ opacityProperty: true, visibilityProperty: true })
            && place.width > 0 && place.height > 0 && place.right > 0 && place.bottom > 0
            && place.left < innerWidth && place.top < innerHeight;
    };
    const parts = [box, ...box.querySelectorAll("*")]; // a toggle may stand outside of the line that it folds
    const inside = parts.some(seen), shown = [...parts, box.parentElement].some(ring);
    return {
        name: box.outerHTML.slice(0, 120),
        end: box === window.firstStop,
        fault: !inside ? "cannot be seen" : !shown ? "shows no focus" : "",
        first: (window.firstStop ||= box) === box,
    };
}"""

MOVING = """() => [
    ...document.getAnimations().filter((a) => a.playState === "running")
        .map((a) => `an animation of ${a.effect?.target?.outerHTML.slice(0, 80)}`),
    ...[document.documentElement, document.body]
        .filter((box) => getComputedStyle(box).scrollBehavior === "smooth")
        .map((box) => `${box.tagName} scrolls smoothly`),
]"""

# Without scripts: what covers a paragraph, a control that does nothing, a figure without its drawing or sentence.
WITHOUT_SCRIPTS = """() => {
    const found = [], article = document.querySelector("article");
    if (!article || article.innerText.trim().length < 100) return ["there is no text"];
    const blocks = [...article.querySelectorAll("h1, h2, p")].filter((box) => box.checkVisibility());
    for (const block of blocks.slice(0, 40)) {
        block.scrollIntoView({ block: "center" });
        const place = block.getBoundingClientRect();
        if (!place.width || !place.height) continue;
        const x = place.left + Math.min(place.width / 2, 60), y = place.top + Math.min(place.height / 2, 10);
        const top = document.elementFromPoint(x, y);
        if (top && !article.contains(top))
            found.push(`${top.outerHTML.slice(0, 80)} covers ${block.innerText.slice(0, 40)}`);
    }
    for (const figure of article.querySelectorAll("figure.rf-live")) {
        const said = figure.querySelector(".rf-said");
        if (!figure.querySelector("svg, pre")?.checkVisibility()) found.push("a figure has no drawing");
        if (said && !said.innerText.trim()) found.push("a figure has no sentence");
        if (figure.querySelector(".rf-controls")?.checkVisibility())
            found.push("a figure offers controls that do nothing");
    }
    const sources = article.querySelectorAll(".math").length, set = article.querySelectorAll(".katex").length;
    if (set < sources) found.push(`${sources - set} of ${sources} equations are not set`);
    return found;
}"""

# Marks text of each colour, size and ground, and returns how many kinds there are: a few of each kind, since axe leaves
# out what it cannot decide. The ground of a link's colour is also the text around it. The other words of code lose
# their tags: they are up to half of those of a page, and no other rule looks at them.
MARK_KINDS = """(most) => {
    const grounds = new Map([[null, ""]]), seen = new Map();
    const groundOf = (box) => {
        if (!grounds.has(box)) {
            const look = getComputedStyle(box), above = groundOf(box.parentElement);
            const own = [look.backgroundColor, look.backgroundImage, look.opacity, look.filter, look.mixBlendMode];
            const clear = own.join() === "rgba(0, 0, 0, 0),none,1,none,normal";
            grounds.set(box, clear ? above : `${above}>${own}`);
        }
        return grounds.get(box);
    };
    const kindOf = (box) => {
        const look = getComputedStyle(box);
        const own = [look.color, look.fontSize, look.fontWeight, look.textShadow, look.textDecorationLine];
        return [...own, groundOf(box)].join();
    };
    for (const box of document.body.querySelectorAll("*")) {
        const texts = [...box.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const words = texts.map((node) => node.data.trim()).join(""), link = box.matches("a[href]");
        if (!(words || link) || !box.checkVisibility({ visibilityProperty: true })) continue;
        const kind = [kindOf(box), link ? kindOf(box.parentElement) : "", words.length > 1].join();
        seen.set(kind, (seen.get(kind) || 0) + 1);
        if (seen.get(kind) <= most) box.dataset.kind = "";
    }
    for (const block of document.querySelectorAll("pre")) {
        const plain = [...block.querySelectorAll("span:not([data-kind])")].filter(
            (span) => !span.childElementCount && span.getAttributeNames().every((name) => name === "class"));
        for (const span of plain) span.replaceWith(...span.childNodes);
    }
    return seen.size;
}"""
