"""What a station says of goods at a door: which were unclear, and which way they went."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_A, _S = State.ATTENTION, State.STOP

SAYINGS_OF_DOORS: Mapping[str, Saying] = MappingProxyType(
    {
        "UNCERTAIN_READ": Saying(
            _A,
            "{count} 件不确定是否通过此门，未记录：{epcs}。",
            "{count} may belong to a neighbouring door, not recorded: {epcs}.",
            "看实物：确在其中的，请再通过一次或手工补录；附近停放的货物请移开。",
            "Look at the goods: pass or type in again what belongs here, move away what only stands nearby.",
        ),
        "NO_INPUTS": Saying(
            _A,
            "读写器 {reader} 没有输入口，光电开关不起作用。",
            "Reader {reader} has no inputs: its light barrier begins and ends nothing.",
            "请改用带输入口的读写器，或在配置中去掉 start_input 和 stop_input。",
            "Use a reader with inputs, or take start_input and stop_input out of the station's file.",
        ),
        "TURNED_BACK": Saying(
            _A,
            "货物进门后又退回，未记录任何内容。",
            "The goods came through the door and went back, nothing recorded.",
            "如确已收发，请再通过一次。",
            "If they were to go through, pass them again.",
        ),
        "WAY_UNCLEAR": Saying(
            _S,
            "不能判断货物是进还是出，未记录任何内容。",
            "It is not clear whether the goods came in or went out, nothing recorded.",
            "请让货物再通过一次；经常发生时，请检查门内外的天线。",
            "Pass the goods again; if it happens often, check the antennas on both sides of the door.",
        ),
        "WRONG_WAY": Saying(
            _S,
            "货物的进出方向与本次作业相反，未记录任何内容。",
            "The goods went the other way than this step, nothing recorded.",
            "核对作业：装车退回的，请选择相反的工序再通过一次。",
            "Check the step: if goods are taken off again, choose the opposite step and pass them once more.",
        ),
    }
)
