"""The flow graph of a network with one hidden layer: fprop upwards, bprop downwards."""

import matplotlib.pyplot as plt

BOXES = {  # what is in a box: its place and its colour
    "x": ((0, 0), r"$\mathbf{x}$", "0.92"),
    "a1": ((2, 0), r"$\mathbf{a}^{(1)}$", "#cfe2f3"),
    "h1": ((4, 0), r"$\mathbf{h}^{(1)}$", "#cfe2f3"),
    "a2": ((6, 0), r"$\mathbf{a}^{(2)}$", "#cfe2f3"),
    "f": ((8, 0), r"$\mathbf{f}(\mathbf{x})$", "#cfe2f3"),
    "l": ((10.6, 0), r"$l(\mathbf{f}(\mathbf{x}), y)$", "#fde2c4"),
    "W1": ((1.5, -1.9), r"$\mathbf{W}^{(1)}$", "#d9ead3"),
    "b1": ((2.6, -1.9), r"$\mathbf{b}^{(1)}$", "#d9ead3"),
    "W2": ((5.5, -1.9), r"$\mathbf{W}^{(2)}$", "#d9ead3"),
    "b2": ((6.6, -1.9), r"$\mathbf{b}^{(2)}$", "#d9ead3"),
    "y": ((10.6, -1.9), "$y$", "0.92"),
}
FORWARD = [("x", "a1"), ("a1", "h1"), ("h1", "a2"), ("a2", "f"), ("f", "l"), ("y", "l")]
FORWARD += [("W1", "a1"), ("b1", "a1"), ("W2", "a2"), ("b2", "a2")]
BACKWARD = [  # from, to, what is passed on
    (
        "l",
        "a2",
        r"$\nabla_{\mathbf{a}^{(2)}} = -(\mathbf{e}(y) - \mathbf{f}(\mathbf{x}))$",
        8.4,
        1.5,
    ),
    ("a2", "h1", r"$\nabla_{\mathbf{h}^{(1)}}$", 5, 0.95),
    ("h1", "a1", r"$\nabla_{\mathbf{a}^{(1)}}$", 3, 0.95),
]

figure, ax = plt.subplots(figsize=(9, 3.9), layout="constrained")
for (x, y), text, color in BOXES.values():
    style = {"boxstyle": "round,pad=0.4", "facecolor": color, "edgecolor": "0.3"}
    ax.text(x, y, text, ha="center", va="center", bbox=style, fontsize=12, zorder=3)


def arrow(start, end, shift=(0, 0), **style):
    """Draw an arrow between two places, which boxes at its ends cover."""
    ends = [(x + shift[0], y + shift[1]) for x, y in (start, end)]
    ax.annotate(
        "",
        ends[1],
        ends[0],
        arrowprops={"arrowstyle": "-|>", "shrinkA": 16, "linewidth": 1.5} | style,
    )


for start, end in FORWARD:
    arrow(
        BOXES[start][0],
        BOXES[end][0],
        color="C0",
        shrinkB=40 if end == "l" and start == "f" else 20,
    )
for start, end, text, x, y in BACKWARD:
    curve = {"connectionstyle": "arc3,rad=0.35", "linestyle": "--"}
    arrow(BOXES[start][0], BOXES[end][0], (0, 0.25), color="C3", shrinkB=8, **curve)
    ax.text(x, y, text, ha="center", va="center", color="C3", fontsize=11)
for name, x in {"W1": 1.05, "b1": 3.1, "W2": 5.05, "b2": 7.1}.items():
    parameter = rf"$\nabla_{{\mathbf{{{name[0]}}}^{{({name[1]})}}}}$"
    start, end = (x + (0.25 if name[0] == "W" else -0.25), -0.55), (x, -1.5)
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "C3", "linestyle": "--"})
    ax.text(
        x + (-0.12 if name[0] == "W" else 0.12),
        -1,
        parameter,
        color="C3",
        fontsize=11,
        ha="right" if name[0] == "W" else "left",
        va="center",
    )
ax.plot([], [], color="C0", label="fprop: values, in this order")
ax.plot([], [], "--", color="C3", label="bprop: gradients of the loss, in the reverse order")
figure.legend(loc="outside lower center", ncols=2)
ax.set(xlim=(-0.7, 11.7), ylim=(-2.5, 1.9))
ax.set_axis_off()
