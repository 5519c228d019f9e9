"""The Core Business Vocabulary: its words, and the spellings under which each may arrive.

Source: CBV 2.0 §7 (standard vocabularies), §8.7 and the EPCIS 2.0 JSON schema; measurement and alert types
are terms of the GS1 Web Vocabulary. In EPCIS JSON a word stands bare (``shipping``); its web URI
(``https://ref.gs1.org/cbv/BizStep-shipping``) and the compact form of that (``cbv:BizStep-shipping``) mean
the same and are read as the word. The URN (``urn:epcglobal:cbv:bizstep:shipping``) belongs to XML alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of words; ``urn`` is empty where the CBV never had URNs for it."""

    name: str
    words: frozenset[str]
    web: str
    compact: str
    urn: str = ""
    other_web: tuple[str, ...] = ()
    json_spellings: dict[str, str] = field(init=False, compare=False, repr=False)
    xml_spellings: dict[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        prefixes = (self.web, self.compact, *self.other_web)
        spellings = {prefix + word: word for word in self.words for prefix in prefixes}
        object.__setattr__(self, "json_spellings", spellings)
        urns = {self.urn + word: word for word in self.words} if self.urn else {}
        object.__setattr__(self, "xml_spellings", {**spellings, **urns})

    def claims(self, value: str) -> bool:
        """Whether the value is in this vocabulary's own namespace, so that only its words are right there.

        The compact form ``gs1:…`` is open, as in GS1's own JSON schema: the Web Vocabulary grows.
        """
        compact = () if self.compact == "gs1:" else (self.compact,)
        return value.startswith((self.web, *compact, *self.other_web)) or (
            bool(self.urn) and value.startswith(self.urn)
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEP = Vocabulary(
    "bizStep",
    _words(
        """accepting arriving assembling collecting commissioning consigning creating_class_instance
        cycle_counting decommissioning departing destroying disassembling dispensing encoding entering_exiting
        holding inspecting installing killing loading other packing picking receiving removing repackaging
        repairing replacing reserving retail_selling sampling sensor_reporting shipping staging_outbound
        stock_taking stocking storing transporting unloading unpacking void_shipping"""
    ),
    "https://ref.gs1.org/cbv/BizStep-",
    "cbv:BizStep-",
    "urn:epcglobal:cbv:bizstep:",
)
DISPOSITION = Vocabulary(
    "disposition",
    _words(
        """active available completeness_inferred completeness_verified conformant container_closed
        container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive
        mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant
        non_sellable_other partially_dispensed recalled reserved retail_sold returned sellable_accessible
        sellable_not_accessible stolen unavailable unknown"""
    ),
    "https://ref.gs1.org/cbv/Disp-",
    "cbv:Disp-",
    "urn:epcglobal:cbv:disp:",
)
ERROR_REASON = Vocabulary(
    "reason",
    _words("did_not_occur incorrect_data"),
    "https://ref.gs1.org/cbv/ER-",
    "cbv:ER-",
    "urn:epcglobal:cbv:er:",
)
BIZ_TRANSACTION_TYPE = Vocabulary(
    "bizTransaction type",
    _words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
    "https://ref.gs1.org/cbv/BTT-",
    "cbv:BTT-",
    "urn:epcglobal:cbv:btt:",
)
SOURCE_DESTINATION_TYPE = Vocabulary(
    "source or destination type",
    _words("location owning_party possessing_party"),
    "https://ref.gs1.org/cbv/SDT-",
    "cbv:SDT-",
    "urn:epcglobal:cbv:sdt:",
)
COMPONENT = Vocabulary(
    "component",
    _words(
        """altitude axial_distance azimuth easting elevation_angle height latitude longitude northing
        polar_angle spherical_radius x y z"""
    ),
    "https://ref.gs1.org/cbv/Comp-",
    "cbv:Comp-",
)
_GS1_VOCABULARY = ("http://gs1.org/voc/", "https://www.gs1.org/voc/", "http://www.gs1.org/voc/")
MEASUREMENT_TYPE = Vocabulary(
    "sensorReport type",
    _words(
        """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
        AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area
        Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate
        DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy
        Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum
        Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
        MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass
        MolarVolume Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance
        Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque
        Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber"""
    ),
    "https://gs1.org/voc/",
    "gs1:",
    other_web=_GS1_VOCABULARY,
)
SENSOR_ALERT_TYPE = Vocabulary(
    "exception",
    _words("ALARM_CONDITION ERROR_CONDITION"),
    "https://gs1.org/voc/",
    "gs1:",
    other_web=_GS1_VOCABULARY,
)
ACTIONS = frozenset(("ADD", "OBSERVE", "DELETE"))

CBV_URN = "urn:epcglobal:cbv:"
CBV_TERM_URNS = tuple(
    vocabulary.urn
    for vocabulary in (BIZ_STEP, DISPOSITION, ERROR_REASON, BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE)
)
