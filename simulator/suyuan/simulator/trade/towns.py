"""Chinese cities where firms of a trade sit: codes of GB/T 2260, coordinates, how far apart they are.

Chinese names come from the divisions that the register knows. Coordinates are those of the city centre to a
tenth of a degree (WGS 84), which is as exact as a made-up address can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from suyuan.simulator.cast import Text
from suyuan.trace.register.districts import city_name

_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Town:
    """A city: degrees north and east."""

    code: str
    name: Text
    latitude: float
    longitude: float


# code, English name, latitude, longitude
_ROWS = """
110000 Beijing 39.9 116.4|120000 Tianjin 39.1 117.2|130100 Shijiazhuang 38.0 114.5|130200 Tangshan 39.6 118.2
130600 Baoding 38.9 115.5|130700 Zhangjiakou 40.8 114.9|131000 Langfang 39.5 116.7|140100 Taiyuan 37.9 112.5
150100 Hohhot 40.8 111.7|150200 Baotou 40.7 109.8|210100 Shenyang 41.8 123.4|210200 Dalian 38.9 121.6
220100 Changchun 43.8 125.3|220200 Jilin 43.8 126.5|230100 Harbin 45.8 126.5|230800 Jiamusi 46.8 130.3
310000 Shanghai 31.2 121.5|320100 Nanjing 32.1 118.8|320300 Xuzhou 34.3 117.2|320500 Suzhou 31.3 120.6
320600 Nantong 32.0 120.9|320900 Yancheng 33.3 120.2|330100 Hangzhou 30.3 120.2|330200 Ningbo 29.9 121.6
330300 Wenzhou 28.0 120.7|340100 Hefei 31.8 117.2|341200 Fuyang 32.9 115.8|350100 Fuzhou 26.1 119.3
350200 Xiamen 24.5 118.1|350600 Zhangzhou 24.5 117.6|360100 Nanchang 28.7 115.9|360700 Ganzhou 25.8 114.9
370100 Jinan 36.7 117.1|370200 Qingdao 36.1 120.4|370600 Yantai 37.5 121.4|370700 Weifang 36.7 119.1
371300 Linyi 35.1 118.4|371400 Dezhou 37.4 116.4|410100 Zhengzhou 34.7 113.6|411300 Nanyang 33.0 112.5
411700 Zhumadian 33.0 114.0|420100 Wuhan 30.6 114.3|420500 Yichang 30.7 111.3|421000 Jingzhou 30.3 112.2
430100 Changsha 28.2 112.9|430700 Changde 29.0 111.7|440100 Guangzhou 23.1 113.3|440300 Shenzhen 22.5 114.1
440800 Zhanjiang 21.3 110.4|441300 Huizhou 23.1 114.4|450100 Nanning 22.8 108.4|450500 Beihai 21.5 109.1
460100 Haikou 20.0 110.3|500000 Chongqing 29.6 106.6|510100 Chengdu 30.6 104.1|510700 Mianyang 31.5 104.7
520100 Guiyang 26.6 106.7|530100 Kunming 25.0 102.7|610100 Xi'an 34.3 108.9|620100 Lanzhou 36.1 103.8
640100 Yinchuan 38.5 106.2|650100 Ürümqi 43.8 87.6
"""


@cache
def towns() -> tuple[Town, ...]:
    """All of them, in the order of their codes."""
    rows = (row.split() for row in _ROWS.strip().replace("\n", "|").split("|"))
    return tuple(
        Town(code, Text(city_name(code).removesuffix("市"), name), float(north), float(east))
        for code, name, north, east in rows
    )


@cache
def kilometres(one: int, other: int) -> float:
    """As the crow flies between two towns, by their places in :func:`towns`."""
    here, there = towns()[one], towns()[other]
    north, south = math.radians(here.latitude), math.radians(there.latitude)
    half = math.sin((south - north) / 2) ** 2
    half += (
        math.cos(north) * math.cos(south) * math.sin(math.radians(there.longitude - here.longitude) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))
