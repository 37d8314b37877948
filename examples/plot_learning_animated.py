"""
==========================
A network learns, animated
==========================

For local optima and plateaus, the lecture links to a `demo
<https://cs.stanford.edu/~karpathy/svmjs/demo/demonn.html>`__ by Andrej Karpathy, in which a network
learns two-dimensional data in the browser. This page has a similar animation. No straight line can
separate two moons. The animation shows how a network divides the plane from epoch to epoch, and how
its last hidden layer moves the points until a straight line is enough. See also
:doc:`/user_guide/local_optima`.
"""

# %%
# Looking at a network after each epoch
# -------------------------------------
# ``partial_fit`` trains for one epoch. The last hidden layer has two units, so that it can be
# drawn. For each frame of the animation, the code stores the probabilities on a grid, and the two
# units for each point.
import numpy as np
from sklearn.datasets import make_moons

from skbackprop import BackpropClassifier

X, y = make_moons(200, noise=0.15, random_state=0)
network = BackpropClassifier(
    (10, 2),
    activation="tanh",
    l2=1e-4,
    numeric_encoding=None,
    batch_size=16,
    learning_rate="constant",
    learning_rate_init=0.02,
    random_state=2,
)
horizontal, vertical = np.linspace(-1.8, 2.8, 70), np.linspace(-1.3, 1.8, 50)
plane = np.stack(np.meshgrid(horizontal, vertical), axis=-1)

moments = {}
shown = np.unique(np.geomspace(1, 100, 36).astype(int))
for epoch in range(1, shown[-1] + 1):
    network.partial_fit(X, y, classes=[0, 1])
    if epoch in shown:
        probability = network.predict_proba(plane.reshape(-1, 2))[:, 1]
        hidden = network.hidden_activations(X)
        w, b = np.diff(network.coefs_[-1])[:, 0], np.diff(network.intercepts_[-1])[0]
        accuracy = network.score(X, y)
        moments[epoch] = probability.reshape(plane.shape[:2]), hidden, w, b, accuracy
print(f"After {epoch} epochs, {accuracy:.1%} are right; J = {network.loss_:.4f}")

# %%
# The animation
# -------------
# On the left is the plane of inputs, with the probability of the second class. On the right are the
# two units of the last hidden layer, with the line at which the outputs decide.
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation

figure, (ax, hidden_ax) = plt.subplots(1, 2, figsize=(8, 4), dpi=80, layout="constrained")
extent = (horizontal[0], horizontal[-1], vertical[0], vertical[-1])
style = {"origin": "lower", "extent": extent, "aspect": "auto", "interpolation": "bilinear"}
image = ax.imshow(moments[1][0], cmap="PuOr_r", vmin=0, vmax=1, **style)
clouds = []
for label, marker, color in ((0, "o", "w"), (1, "^", "k")):
    points = {"marker": marker, "markersize": 4, "color": color, "markeredgecolor": "k"}
    ax.plot(*X[y == label].T, linestyle="", markeredgewidth=0.5, **points)
    clouds += hidden_ax.plot([], [], linestyle="", markeredgewidth=0.5, **points)
(line,) = hidden_ax.plot([], [], color="C1", linewidth=2)
ax.set(xlabel="$x_1$", ylabel="$x_2$")
hidden_ax.set(xlabel="$h_1$", ylabel="$h_2$", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
hidden_ax.set_title("last hidden layer")


def draw(epoch):
    """Draw one moment."""
    probability, hidden, w, b, accuracy = moments[epoch]
    image.set_data(probability)
    for label, cloud in enumerate(clouds):
        cloud.set_data(*hidden[y == label].T)
    foot = -b * w / (w @ w)  # the point of wᵀh + b = 0 that is nearest to 0
    ends = np.array([-4, 4])
    line.set_data(foot[0] - ends * w[1], foot[1] + ends * w[0])
    ax.set_title(f"epoch {epoch}: {accuracy:.1%} right")


draw(shown[-1])  # what a picture without the animation shows
figure.draw_without_rendering()
figure.set_layout_engine("none")  # the layout stays: it need not be computed for each moment
animation = FuncAnimation(figure, draw, frames=list(moments), interval=150)
plt.show()

# %%
# At first the boundary is a line, because the hidden layer does little more than turn and squeeze
# the plane. From the fifth epoch to about the twentieth hardly anything moves, since no line can do
# better. This is a plateau. Then the boundary bends twice, while the hidden layer pulls the two
# moons apart. In the end both pictures show the same boundary: it is curved in the plane of inputs,
# and straight in the last hidden layer.
