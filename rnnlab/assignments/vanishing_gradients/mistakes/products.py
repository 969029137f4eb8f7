"""Assignment 6: the wrong ways that students take in 6.1, each with the sentence that helps."""

import numpy as np

from rnnlab.checks.question import Mistake

# 6.1: every function below has the signature (h, w_h)


def _jacobians(h, w_h):
    return (1 - h[1:] ** 2)[:, :, None] * w_h


def _products(jacobians):
    products = [np.eye(jacobians.shape[1])]
    for jacobian in jacobians[::-1]:
        products.append(products[-1] @ jacobian)
    return np.stack(products[:0:-1])


def _other_side(jacobians):
    """Multiply each Jacobian on the left of the product instead of on its right."""
    products = [np.eye(jacobians.shape[1])]
    for jacobian in jacobians[::-1]:
        products.append(jacobian @ products[-1])
    return np.stack(products[:0:-1])


def _from_start(h, w_h):
    product, products = np.eye(len(w_h)), []
    for jacobian in _jacobians(h, w_h):
        product = jacobian @ product
        products.append(product)
    return np.stack(products)


def _with_identity(h, w_h):
    products = _products(_jacobians(h, w_h))
    return np.concatenate([products[1:], np.eye(len(w_h))[None]])


def _entry_by_entry(h, w_h):
    products = np.cumprod(_jacobians(h, w_h)[::-1], axis=0)
    return products[::-1].copy()


_PRODUCT_MISTAKES = (
    Mistake(
        "w_h transposed",
        "your product is made of transposed weights: row i of the Jacobian says what unit i reads, as row i of w_h "
        "does.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h.T))},
    ),
    Mistake(
        "backward form",
        "your matrices are the transposes of ∂h_T/∂h_t. They are what carries dh back; the Jacobian itself has the "
        "later state's units in its rows.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h)).transpose(0, 2, 1).copy()},
    ),
    Mistake(
        "wrong order",
        "your factors are in the wrong order: h_T comes first, on the left, and each earlier step goes on the right.",
        {"jacobian_products": lambda h, w_h: _other_side(_jacobians(h, w_h))},
    ),
    Mistake(
        "slopes on the columns",
        "your slopes multiply the columns of w_h. The slope of unit i belongs to the whole of row i.",
        {"jacobian_products": lambda h, w_h: _products((1 - h[1:] ** 2)[:, None, :] * w_h)},
    ),
    Mistake(
        "slopes of the state before",
        "your Jacobian from h[t] to h[t + 1] takes the slopes from h[t]. The activation function's output in that step "
        "is h[t + 1].",
        {"jacobian_products": lambda h, w_h: _products((1 - h[:-1] ** 2)[:, :, None] * w_h)},
    ),
    Mistake(
        "1 - h",
        "your slope is 1 - h. The slope of tanh, written with its value, has the value squared.",
        {"jacobian_products": lambda h, w_h: _products((1 - h[1:])[:, :, None] * w_h)},
    ),
    Mistake(
        "tanh twice",
        "your slope is that of tanh at h. The states have been through tanh already.",
        {"jacobian_products": lambda h, w_h: _products((1 - np.tanh(h[1:]) ** 2)[:, :, None] * w_h)},
    ),
    Mistake(
        "no slopes",
        "your Jacobians are w_h alone, as in a linear network.",
        {"jacobian_products": lambda h, w_h: _products(np.stack([w_h] * (len(h) - 1)))},
    ),
    Mistake(
        "from the start",
        "your products run from h_0: yours are ∂h_t/∂h_0. Asked for is ∂h_T/∂h_t, from each step to the end.",
        {"jacobian_products": _from_start},
    ),
    Mistake(
        "in reverse",
        "your products stand in reverse: the longest, from h_0 to h_T, comes first.",
        {"jacobian_products": lambda h, w_h: _products(_jacobians(h, w_h))[::-1].copy()},
    ),
    Mistake(
        "not multiplied",
        "your matrices are the Jacobians of the single steps. Multiply them up to the end.",
        {"jacobian_products": _jacobians},
    ),
    Mistake(
        "one step short",
        "your products lack a factor: products[t] should go from h[t], and yours go from h[t + 1]. The last should be "
        "one Jacobian, not the identity.",
        {"jacobian_products": _with_identity},
    ),
    Mistake(
        "entry by entry",
        "your matrices are multiplied entry by entry. Steps follow each other by the matrix product, @.",
        {"jacobian_products": _entry_by_entry},
    ),
)


MISTAKES = {"6.1": _PRODUCT_MISTAKES}
