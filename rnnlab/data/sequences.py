"""From series and text to the arrays that a network reads."""

import numbers
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnlab._arrays import as_array, require_finite, require_index
from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, PairBatch, one_hot, require_counts
from rnnlab.data.forecast import windows as windows
from rnnlab.data.times import require_no_gap


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a language, each with its number.

    Parameters
    ----------
    tokens : tuple of str
        Each once; its place is its number.

    Examples
    --------
    >>> vocabulary = Vocabulary.of(["banana"])
    >>> vocabulary.tokens, vocabulary.encode("ban").tolist(), vocabulary.decode([1, 0])
    (('a', 'b', 'n'), [1, 0, 2], ['b', 'a'])
    """

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", _tokens("tokens", self.tokens))
        if len(set(self.tokens)) != len(self.tokens):
            twice = next(token for token in self.tokens if self.tokens.count(token) > 1)
            raise ValueError(f"tokens holds {twice!r} twice, expected each once")

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]], extra: Sequence[str] = ()) -> "Vocabulary":
        """Return `extra` and then every token of the texts, sorted: the characters of strings, or items of lists."""
        if isinstance(extra, str):
            raise TypeError(f"extra is {extra!r:.40}, expected several tokens, such as [{extra!r:.40}]")
        if isinstance(texts, Vocabulary) or not isinstance(texts, Iterable):
            raise TypeError(f"texts is {texts!r:.40}, expected several texts, such as [text]")
        found = {token for text in texts for token in _tokens("a text", text)} - set(_tokens("extra", extra))
        try:
            return cls((*extra, *sorted(found)))
        except TypeError:
            kinds = ", ".join(sorted({type(token).__name__ for token in found}))
            raise TypeError(f"texts have tokens of {kinds}, expected one type: letters, words or numbers") from None

    def encode(self, text: Iterable[str], unknown: str | None = None) -> np.ndarray:
        """Return the number of each token; an unknown one is read as the token `unknown`, or refused without it.

        A string is read letter by letter, and refused by a vocabulary of words.
        """
        known = {token: number for number, token in enumerate(self.tokens)}
        if unknown is not None and unknown not in self.tokens:
            raise ValueError(f"unknown is {unknown!r}, expected a token of the vocabulary")
        if isinstance(text, str) and self._holds_words():
            raise ValueError(
                f"text is {text!r:.40}, read letter by letter, and the vocabulary holds words: text.split()"
            )
        index = []
        for place, token in enumerate(_tokens("text", text)):
            if token not in known and unknown is not None:
                token = unknown
            if token not in known:
                hint = _other_form(text, known)
                raise ValueError(
                    f"token {token!r} at place {place} is unknown, expected one of the {len(self)} known{hint}"
                )
            index.append(known[token])
        return np.array(index, int)

    def _holds_words(self) -> bool:
        """Return whether most tokens are longer than a letter, apart from such as ``<end>``."""
        plain = [token for token in self.tokens if isinstance(token, str) and not re.fullmatch("<.*>", token)]
        return sum(len(token) > 1 for token in plain) > len(plain) / 2

    def decode(self, index: ArrayLike) -> list[str]:
        """Return the token of each number; -1, for padding, is left out."""
        numbers = require_index("index", index, len(self), least=-1).ravel()
        return [self.tokens[i] for i in numbers if i != -1]

    def __len__(self) -> int:
        return len(self.tokens)


def _tokens(name: str, text: Any) -> tuple[Any, ...]:
    """Return the tokens of a text, or say that it is none."""
    try:
        tokens = tuple(text)
    except TypeError:
        raise TypeError(f"{name} is {text!r:.40}, expected a string or tokens") from None
    for place, token in enumerate(tokens):
        if isinstance(token, list | dict | set | np.ndarray):
            raise TypeError(f"{name} has {token!r:.40} at place {place}, expected tokens: letters, words or numbers")
    return tokens


def _other_form(text: Any, known: dict[Any, int]) -> str:
    """Return what to do where letters are known with their accents written in the other of Unicode's two ways."""
    if isinstance(text, str):
        for form in ("NFC", "NFD"):
            if all(letter in known for letter in unicodedata.normalize(form, text)):
                return f"; all are known in unicodedata.normalize({form!r}, text)"
    return ""


def pad(sequences: Sequence[ArrayLike], fill: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of different lengths side by side in one array, time first.

    Parameters
    ----------
    sequences : sequence of (T_b, ...) arrays
        They differ in their first axis only.
    fill : float, default 0
        What stands after a sequence's end; -1 suits indices, for `one_hot` makes it zeros.

    Returns
    -------
    array : (T, B, ...) array
    lengths : (B,) array of int

    Raises
    ------
    ValueError
        If there are no sequences, one is empty, or they differ in another axis.

    Examples
    --------
    >>> array, lengths = pad([[1, 2, 3], [4]], fill=-1)
    >>> array.T.tolist(), lengths.tolist()
    ([[1, 2, 3], [4, -1, -1]], [3, 1])
    """
    if isinstance(sequences, str | Mapping) or not isinstance(sequences, Iterable):
        raise TypeError(f"sequences is {sequences!r:.40}, expected a list of sequences of numbers")
    arrays = [as_array(f"sequences[{b}]", sequence) for b, sequence in enumerate(sequences)]
    if any(array.dtype.kind == "U" and array.ndim == 0 for array in arrays):
        raise TypeError("sequences has text, expected numbers, as Vocabulary.encode gives them")
    if not arrays:
        raise ValueError("sequences is empty, expected at least one sequence")
    for b, array in enumerate(arrays):
        if array.ndim == 0 or len(array) == 0 or array.shape[1:] != arrays[0].shape[1:]:
            expected = ", ".join(["T", *map(str, arrays[0].shape[1:])])
            raise ValueError(f"sequences[{b}] has shape {array.shape}, expected ({expected}) with T at least 1")
        if array.dtype.kind not in "biufc":
            raise TypeError(
                f"sequences[{b}] has dtype {array.dtype}, expected numbers, as Vocabulary.encode gives them"
            )
    lengths = np.array([len(array) for array in arrays])
    shape = (lengths.max(), len(arrays), *arrays[0].shape[1:])
    dtype = np.result_type(*arrays)
    padded = np.full(shape, _fill(fill, dtype), dtype)
    for b, array in enumerate(arrays):
        padded[: len(array), b] = array
    return padded, lengths


def _fill(fill: float, dtype: np.dtype) -> Any:
    """Return what stands in the padding, where the sequences' dtype can hold it."""
    if not isinstance(fill, numbers.Real | np.bool_):
        raise TypeError(f"fill is {fill!r:.40}, expected a number")
    if dtype.kind in "iub" and (not isinstance(fill, bool) or dtype.kind != "b"):
        whole = float(fill).is_integer()
        if not whole or dtype.kind == "b" or not np.iinfo(dtype).min <= int(fill) <= np.iinfo(dtype).max:
            raise ValueError(f"fill is {fill}, which sequences of {dtype} cannot hold: expected sequences of floats")
    return fill


def streams(sequence: ArrayLike, n_batch: int) -> np.ndarray:
    """Return one long sequence cut into `n_batch` streams side by side, to be read with the state carried on.

    Parameters
    ----------
    sequence : (N, ...) array
        The sequence; what is left over at its end is dropped.
    n_batch : int
        B.

    Returns
    -------
    array : (N // B, B, ...) array
        Column b goes on where column b - 1 ends.

    Raises
    ------
    ValueError
        If the sequence is shorter than B, or a number or a date is missing.

    Examples
    --------
    >>> streams(range(7), n_batch=2).T.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    require_counts(n_batch=n_batch)
    array = as_array("sequence", sequence)
    if array.ndim == 0:
        raise ValueError(f"sequence is {sequence!r:.40}, expected (N, ...) numbers in order")
    n_steps = len(array) // n_batch
    if n_steps == 0:
        raise ValueError(f"sequence has {len(array)} steps, expected at least n_batch={n_batch}")
    if array.dtype.kind == "f":
        require_finite("sequence", array)
    require_no_gap("sequence", sequence)
    cut = array[: n_steps * n_batch].reshape(n_batch, n_steps, *array.shape[1:])
    return cut.swapaxes(0, 1).copy()


def pair_batch(
    pairs: Sequence[tuple[Iterable[str], Iterable[str]]], source: Vocabulary, target: Vocabulary
) -> PairBatch:
    """Return pairs of texts as what an encoder-decoder reads and should answer.

    Parameters
    ----------
    pairs : sequence of (source, target)
        Strings, read character by character, or lists of tokens.
    source, target : Vocabulary
        The target's has the tokens ``"<start>"``, which the decoder reads first, and ``"<end>"``, its last answer.

    Returns
    -------
    batch : PairBatch
        x (S, B, D) and target_input (T, B, O) one-hot, and target (T, B) of indices, for
        `losses.softmax_cross_entropy`.

    Raises
    ------
    ValueError
        If a token is unknown, a source is empty, or something is no pair.

    Examples
    --------
    >>> letters = Vocabulary.of(["ab"], extra=("<start>", "<end>"))
    >>> batch = pair_batch([("ab", "b"), ("a", "aab")], letters, letters)
    >>> batch.x.shape, batch.target.T.tolist(), batch.mask.sum(axis=0).tolist()
    ((2, 2, 4), [[3, 1, 0, 0], [2, 2, 3, 1]], [2, 4])
    """
    if not isinstance(pairs, list | tuple):
        raise TypeError(f"pairs is {pairs!r:.60}, expected a list of pairs: a source and its target")
    for name, vocabulary in (("source", source), ("target", target)):
        if not isinstance(vocabulary, Vocabulary):
            raise TypeError(f"{name} is {vocabulary!r:.60}, expected a Vocabulary")
    for place, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(f"pairs[{place}] is {pair!r:.60}, expected a source and its target")
    read = [source.encode(text) for text, _ in pairs]
    empty = next((place for place, tokens in enumerate(read) if not len(tokens)), None)
    if empty is not None:
        raise ValueError(f"pairs[{empty}] has an empty source, expected one token at least")
    x, lengths = pad(read, fill=-1)
    answers, _ = pad([target.encode([*text, "<end>"]) for _, text in pairs], fill=-1)
    mask = answers >= 0
    start = np.full((1, len(pairs)), target.encode(["<start>"])[0])
    follows = np.where(mask, np.concatenate([start, answers[:-1]]), -1)
    return PairBatch(one_hot(x, len(source)), one_hot(follows, len(target)), np.where(mask, answers, 0), mask, lengths)


def excerpts(rng: np.random.Generator, index: ArrayLike, n_batch: int, n_steps: int, n_tokens: int) -> Batch:
    """Return random passages of a text and, as targets, their next tokens.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the places.
    index : (N,) array of int
        The text, as `Vocabulary.encode` returns it.
    n_batch, n_steps : int
        B and T.
    n_tokens : int
        V, the size of the vocabulary.

    Returns
    -------
    batch : Batch
        x (T, B, V) one-hot and target (T, B) of indices, for `losses.softmax_cross_entropy`.

    Raises
    ------
    ValueError
        If the text has no T + 1 tokens, or an index is outside the vocabulary.

    Examples
    --------
    >>> batch = excerpts(np.random.default_rng(0), np.arange(10), n_batch=2, n_steps=3, n_tokens=10)
    >>> batch.x.argmax(axis=2).T.tolist(), batch.target.T.tolist()
    ([[5, 6, 7], [4, 5, 6]], [[6, 7, 8], [5, 6, 7]])
    """
    rng = require_rng(rng)
    require_counts(n_batch=n_batch, n_steps=n_steps, n_tokens=n_tokens)
    index = require_index("index", index, n_tokens)
    if index.ndim != 1 or len(index) <= n_steps:
        raise ValueError(f"index has shape {index.shape}, expected (N,) with N at least n_steps+1={n_steps + 1}")
    places = rng.integers(0, len(index) - n_steps, n_batch)
    passages = index[places + np.arange(n_steps + 1)[:, None]]
    return Batch(one_hot(passages[:-1], n_tokens), passages[1:].copy(), per_step=True)
