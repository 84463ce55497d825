"""Components that a filter may name, as the official clients know them.

A component is ``workspace-column``: ``tracker-strip`` is the column *strip* of the workspace *tracker*. A registry may be set up
with others; these are the names that the short filter form accepts, the union of the official releases 1.1.0 and 3.1.2 with
their misspellings, because scripts hold them.
"""

from __future__ import annotations

__all__ = ["DATASET_COMPONENTS", "RUN_COMPONENTS"]

_OF_RUNS = """
castor-castor cms-cms csc-csc ctpps-ctpps dt-dt ecal-ecal ecal-es hcal-hcal hlt-hlt l1t-l1t l1t-l1tcalo l1t-l1tmu lumi-lumi
rpc-rpc tracker-pixel tracker-strip btag-btag csc-mep csc-mem csc-triggerpe csc-csctf csc-ddus csc-efficiency csc-gasgains
csc-integrity csc-timing csc-strips csc-resolution csc-segments csc-pedestals csc-occupancy ctpps-rp56_220 ctpps-rp56_cyl
ctpps-rp56_210 ctpps-rp45_cyl ctpps-rp45_220 ctpps-rp45_210 ecal-tpg ecal-timing ecal-preshower ecal-noise ecal-laser ecal-esp
ecal-esm ecal-eep ecal-eem ecal-ebp ecal-ebm ecal-collisions ecal-analysis egamma-egamma egamma-es hcal-hb hcal-ho12ls
hcal-ho0ls hcal-hfls hcal-hels hcal-hbls hcal-ho12 hcal-ho0 hcal-hf hcal-he hlt-muons hlt-electrons hlt-photons hlt-jetmet
hlt-tau hlt-bjets hlt-technical hlt-global jetmet-jetmet l1t-bptx_tech l1t-bcs_tech l1t-hf_tech l1t-rpc_tech l1t-software
l1t-muon l1t-muon_dt l1t-muon_rpc l1t-muon_csc l1t-e_gamma l1t-jet l1t-energy_sums l1t-hf_rings rpc-elog rpc-lv rpc-hv rpc-feb
rpc-noise rpc-strip tau-tau l1t-hf_ringsrpc-elog
"""
_OF_DATASETS = """
dt-dt csc-tf rpc-hv rpc-lv cms-cms csc-csc ecal-es hcal-hb hcal-he hcal-hf hlt-hlt hlt-tau l1t-l1t rpc-feb rpc-rpc tau-tau
ecal-ebm ecal-ebp ecal-eem ecal-eep ecal-esm ecal-esp ecal-tpg hcal-ho0 rpc-elog btag-btag ecal-ecal hcal-hcal hcal-ho12
hlt-bjets hlt-muons l1t-l1tmu lumi-lumi muon-muon rpc-noise csc-strips csc-timing ecal-laser ecal-noise hcal-hb_ls hcal-he_ls
hcal-hf_ls hlt-jetmet ctpps-ctpps ecal-timing hcal-hoO_ls hlt-photons l1t-e_gamma l1t-hf_tech l1t-l1tcalo l1t-muon_dt
tracker-pix csc-gasgains csc-segments hcal-ho12_ls l1t-bcs_tech l1t-hg_rings l1t-muon_csc l1t-muon_rpc l1t-rpc_tech
l1t-software castor-castor csc-integrity csc-occupancy csc-pedestals ecal-analysis egamma-egamma hlt-electrons hlt-technical
jetmet-jetmet l1t-bptx_tech tracker-strip tracker-track csc-efficiency csc-resolution csc-triggergpe ctpps-rp45_220
ctpps-rp45_cyl ctpps-rp56_210 ctpps-rp56_220 ctpps-rp56_cyl ecal-preshower hlt-hlt_global ecal-collisions l1t-energy_sums
cms-infrastructure
"""

RUN_COMPONENTS = tuple(_OF_RUNS.split())
DATASET_COMPONENTS = tuple(_OF_DATASETS.split())
