"""What a station says of its own store, its clock, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_A, _S = State.ATTENTION, State.STOP

SAYINGS_OF_STORE: Mapping[str, Saying] = MappingProxyType(
    {
        "LITTLE_ROOM": Saying(
            _A,
            "存储空间快满：记录已占 {used} MB（上限 {limit} MB），磁盘剩余 {free} MB。",
            "Room for records is getting short: {used} of {limit} MB used, {free} MB free on the disk.",
            "可照常作业。请尽快恢复与平台的连接以便上传，清理磁盘，或调高上限 outbox_limit_mb。",
            "Go on working. Bring the platform back soon, so that records are delivered, free the disk, or"
            " raise outbox_limit_mb.",
        ),
        "NO_ROOM": Saying(
            _S,
            "存储空间已满，不再接收新记录：记录占 {used} MB（上限 {limit} MB），磁盘剩余 {free} MB。",
            "No room, new records are not taken: {used} of {limit} MB used, {free} MB free on the disk.",
            "停止作业。恢复与平台的连接，记录上传后会自动恢复；或调高上限 outbox_limit_mb。"
            "已保存的记录没有丢失。",
            "Stop. Bring the platform back: as records are delivered, the station goes on by itself; or raise"
            " outbox_limit_mb. Nothing that was stored is lost.",
        ),
        "MEMORY_FULL": Saying(
            _S,
            "存储空间已满，不再接收新记录：无待传记录，本站留存的货品信息已占 {used} MB（上限 {limit} MB）。",
            "No room, new records are not taken: none waits, but what the station remembers of goods takes up"
            " {used} of {limit} MB.",
            "停止作业。在本站配置文件中调高上限 outbox_limit_mb，再重新启动本站。",
            "Stop. Raise outbox_limit_mb in the station's file and start the station anew.",
        ),
        "CLOCK_SET": Saying(
            _A,
            "本机时钟被{way}了 {span}。",
            "This machine's clock was set {way} by {span}.",
            "核对时间；记录照常保存，次序以记录编号为准。",
            "See that it is right now; records are kept as always, in the order of their numbers.",
        ),
        "TWO_STATIONS": Saying(
            _S,
            "另一台机器也在以“{station}”的名义上传：编号 {number} 出现了两次。",
            'Another machine sends records as "{station}" too: number {number} came twice.',
            "停用其中一台，给它单独的编号或登记码。两台的记录平台都已保存，没有丢失。"
            "若只有一台，而数据文件夹换过或丢失，请在配置文件中调高 first_sequence。",
            "Stop one of the two and give it an id, or a code, of its own. The platform has the records of"
            " both; none is lost. If there is one alone and its data folder was lost or replaced, raise"
            " first_sequence in its file.",
        ),
    }
)
