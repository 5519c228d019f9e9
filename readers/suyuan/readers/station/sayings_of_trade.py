"""What is said of goods on their way and in store: deliveries, the cold chain, stock, recalls, the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_D, _A, _S = State.DONE, State.ATTENTION, State.STOP

SAYINGS_OF_TRADE: Mapping[str, Saying] = MappingProxyType(
    {
        # The cold chain
        "SENSOR_STUCK": Saying(
            _A,
            "记录仪 {device} 的读数 {hours} 小时没有变化（{value} °C），可能已失灵。",
            "Logger {device} has told the very same value for {hours} h ({value} °C): it may be stuck.",
            "用另一支温度计核对，必要时更换记录仪。",
            "Compare with another thermometer, and replace the logger if need be.",
        ),
        "SENSOR_UNSOUND": Saying(
            _A,
            "记录仪 {device} 有 {count} 个读数不可信（自 {time} 起），未计入。",
            "{count} reading(s) of logger {device} cannot be believed (from {time}) and do not count.",
            "检查探头和接线。",
            "Check the probe and its cable.",
        ),
        "SENSOR_UNIT": Saying(
            _A,
            "记录仪 {device} 的读数像是摄氏与华氏混用（{time}）。",
            "The readings of logger {device} look like Fahrenheit among Celsius ({time}).",
            "核对记录仪的单位设置，更正后重新导入。",
            "Look at the logger's unit, correct it, and read the file in again.",
        ),
        "SENSOR_FUTURE": Saying(
            _A,
            "记录仪 {device} 有 {count} 个读数的时间在未来（{time}）。",
            "{count} reading(s) of logger {device} lie in the future ({time}).",
            "校准记录仪的时钟。",
            "Set the logger's clock.",
        ),
        "SENSOR_LATE": Saying(
            _A,
            "记录仪 {device} 的数据在结束 {hours} 小时后才上传。",
            "The data of logger {device} were handed in {hours} h after their end.",
            "记录已保存并标注；请在收货时当场读取。",
            "They are kept and marked; read loggers out on arrival.",
        ),
        "SENSOR_CALIBRATION": Saying(
            _A,
            "记录仪 {device} 的校准已于 {date} 到期。",
            "The calibration of logger {device} ended on {date}.",
            "送检；由质检人员判定这些数据是否可用。",
            "Have it calibrated; quality assurance decides whether these data count.",
        ),
    }
)
