"""Small files in brilcalc's layouts, and how tests read files."""

from __future__ import annotations

import warnings
from pathlib import Path

from runregistry.luminosity import LumiTable, read_brilcalc

DATA = Path(__file__).parents[2] / "data" / "luminosity"

# As brilcalc ends its lines: rows CR LF, the rest LF.
BEAM_LAYOUT = (
    "#Data tag : 24v2 , Norm tag: None\n"
    "#run:fill,ls,time,beamstatus,E(GeV),delivered(/nb),recorded(/nb),avgpu,source\n"
    "315512:6629,2:2,05/01/18 03:12:50,STABLE BEAMS,6500,0.275,0.250,44.9,HFET\r\n"
    "315512:6629,1:0,05/01/18 03:12:27,STABLE BEAMS,6500,0.250,0,45.0,HFET\r\n"
    "315513:6629,1:1,05/01/18 03:40:00,STABLE BEAMS,6500,0.125,0.125,40.0,PXL\r\n"
    "#Summary:\n"
    "#nfill,nrun,nls,ncms,totdelivered(/nb),totrecorded(/nb)\n"
    "#1,2,3,2,0.650,0.375\n"
    "#Check JSON:\n"
    "#(run,ls) in json but not in results: [(315512, 3), (315512, 4)]\n"
)
PATH_LAYOUT = (
    "#Data tag : 19v3 , Norm tag: None\n"
    "#run:fill,ls,time,hltpath,delivered(/ub),recorded(/ub),source\n"
    "315512:6629,1:1,05/01/18 03:12:27,HLT_A_v1,2.50,2.25,HFET\r\n"
    "315512:6629,1:1,05/01/18 03:12:27,HLT_B_v3,1.50,1.25,HFET\r\n"
    "#Summary:\n"
    "#hltpath,nfill,nrun,ncms,totdelivered(/ub),totrecorded(/ub)\n"
    "#HLT_A_v1,1,1,1,2.50,2.25\n"
    "#HLT_B_v3,1,1,1,1.50,1.25\n"
    "#\n"
    "#Sum delivered  : 4.00\n"
    "#Sum recorded : 3.50\n"
)


def write(path: Path, text: str) -> Path:
    """Write a file, its line ends as they are."""
    path.write_bytes(text.encode())
    return path


def read_without_footer(path: Path) -> LumiTable:
    """Read a file of which it is known that it has no footer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return read_brilcalc(path)
