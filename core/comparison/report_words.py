"""What the sections of a report say about themselves: what was measured, how, and where it is described."""

from __future__ import annotations

LABELS = (
    "For each labelled picture its nearest other pictures were looked at. <b>10 nearest vote right</b>: share of "
    "pictures whose ten nearest vote for one of their labels. <b>MAP@R</b>: precision over the first R places, where "
    "R is how many other pictures share a label; it decides who is best. <b>Precision at 10</b>: share of the ten "
    "nearest that share a label. Each figure is the mean over labels, so that a label with most of the pictures does "
    "not decide. Bars show the figure, the line on them its 95&nbsp;% interval (bootstrap), the dashed line what "
    "chance would score."
)
AGAINST = (
    "<b>Against the best</b> is the difference in MAP@R and a paired randomisation test: “no difference that these "
    "pictures can show” means that swapping the two at random gives such a difference in more than 5&nbsp;% of the "
    "cases."
)
JUDGEMENTS = (
    "Persons said of pictures that only some of these vec types find, without knowing which, whether they are good "
    "answers to a question. A vec type wins a question if more of its first ten are. A sequential test, valid at all "
    "times, says when the answer is sure."
)
TEXTS = (
    "Each text was searched for in every vec type that reads text: tags and other labels by their names, captions as "
    "they are. A figure is the share of texts that find one of their pictures among the first 1, 5 or 10, the line on "
    "its bar the 95&nbsp;% interval (Wilson)."
)
ALTERATIONS = (
    "Pictures were cropped, turned grey, mirrored, blurred, recompressed and rotated; a figure is how often one "
    "finds its original first. This says what a model ignores. It rewards finding copies, so it does not say which "
    "model finds what is alike."
)
AGREEMENT = (
    "How many of the ten nearest two vec types agree on, on average. Near 100&nbsp;%, choosing hardly matters. “In "
    "nobody’s first ten” are pictures that a vec type never shows as a neighbour: where this is high, a few pictures "
    "come up everywhere instead. Neither says which one is better."
)
EXAMPLES = (
    "The same questions for all: those where the vec types differ most, then some at random. Near copies of a question "
    "are left out. <span class=only>only here</span> marks a picture that no other of these vec types has among its "
    "ten."
)
ALONE = "Questions drawn at random, without near copies."
ALIKE = "<span class=same>✓</span> marks a picture that shares a label with the question."
GREYSCALE = (
    "What changes where a model does not see colour. Where the neighbours on the right suit you better, colour was "
    "in the way; where those on the left do, it was the criterion."
)
SOURCES = (
    "k-nearest-neighbour accuracy ranks models best in Sorkhei et al. 2025; MAP@R: Musgrave, Belongie and Lim 2020; "
    "bootstrap: Efron and Tibshirani 1993; paired randomisation test: Smucker, Allan and Carterette 2007; mutual "
    "nearest neighbours: Huh et al. 2024; hubs: Radovanović, Nanopoulos and Ivanović 2010; the interval of judgements: "
    "Waudby-Smith and Ramdas 2024; the interval of shares: Wilson 1927."
)
