"""Imagines: virtual tags and whole food chains with recorded ground truth, read over real protocols.

::

    (seed, end) ── plot.imagine ──> World ── truth.truth, master_data.master_data ──> JSON
                                      └── play.play ──> tags ── LLRP ──> stations ── HTTP ──> server

Apart from that, :mod:`suyuan.simulator.outbreaks` imagines outbreaks of illness in large chains of lots.
"""
