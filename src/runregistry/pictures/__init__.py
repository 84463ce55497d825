"""Pictures for talks and logbooks: status bars of a run, luminosity with its golden part, what each clause of a rule costs.

Needs matplotlib (the extra ``plots``), which is loaded when a picture is drawn. All of them can be read in grey and by the
colour-blind: what lies side by side differs in lightness or hatching. No function touches pyplot, so that nothing is
left behind and no screen is needed; what is given back is a matplotlib figure, to be shown, changed or written.
"""

from runregistry.pictures.bars import draw_status_bars
from runregistry.pictures.good_fraction import draw_good_fraction
from runregistry.pictures.loss import Combination, Loss, draw_loss
from runregistry.pictures.luminosity import draw_luminosity
from runregistry.pictures.runs import RunPicture, RunTotals, Strip, draw_run, save_picture
from runregistry.pictures.writing import write_figure

__all__ = [
    "Combination",
    "Loss",
    "RunPicture",
    "RunTotals",
    "Strip",
    "draw_good_fraction",
    "draw_loss",
    "draw_luminosity",
    "draw_run",
    "draw_status_bars",
    "save_picture",
    "write_figure",
]
