"""The rows of the table of GS1 application identifiers (AIs), as text.

Source: GS1 General Specifications §3 (formats, titles), §4.13 and §4.14 (invalid and mandatory pairs), §7.8
(predefined lengths); GS1 Digital Link Standard, URI syntax 1.6 §4 (keys, qualifiers, attributes); in the
edition of the GS1 Barcode Syntax Dictionary of 2026.

A row of :data:`ROWS` reads ``AIs format flag title``. The format is one component or several joined by ``+``:
charset (N digits, X set 82, Y set 39, Z base64url), ``6`` exactly or ``..20`` at most, then the content rules
after colons; brackets mark a component that may be absent. The flag is ``a`` where a Digital Link may have
it as attribute. ``3900-9`` is a range. Pairs and keys stand in tables of their own: they follow few patterns.
"""

from __future__ import annotations

# Measures with an implied decimal point: the fourth digit of the AI says how many decimals, 0 to 5.
NET = """
310 NET WEIGHT (kg)|311 LENGTH (m)|312 WIDTH (m)|313 HEIGHT (m)|314 AREA (m²)|315 NET VOLUME (l)
316 NET VOLUME (m³)|320 NET WEIGHT (lb)|321 LENGTH (in)|322 LENGTH (ft)|323 LENGTH (yd)|324 WIDTH (in)
325 WIDTH (ft)|326 WIDTH (yd)|327 HEIGHT (in)|328 HEIGHT (ft)|329 HEIGHT (yd)|350 AREA (in²)|351 AREA (ft²)
352 AREA (yd²)|356 NET WEIGHT (tr oz)|357 NET VOLUME (oz)|360 NET VOLUME (qt (US))|361 NET VOLUME (gal.)
364 NET VOLUME (in³)|365 NET VOLUME (ft³)|366 NET VOLUME (yd³)
"""
GROSS = """
330 GROSS WEIGHT (kg)|331 LENGTH (m), log|332 WIDTH (m), log|333 HEIGHT (m), log|334 AREA (m²), log
335 VOLUME (l), log|336 VOLUME (m³), log|340 GROSS WEIGHT (lb)|341 LENGTH (in), log|342 LENGTH (ft), log
343 LENGTH (yd), log|344 WIDTH (in), log|345 WIDTH (ft), log|346 WIDTH (yd), log|347 HEIGHT (in), log
348 HEIGHT (ft), log|349 HEIGHT (yd), log|353 AREA (in²), log|354 AREA (ft²), log|355 AREA (yd²), log
362 VOLUME (qt (US)), log|363 VOLUME (gal (US)), log|367 VOLUME (in³), log|368 VOLUME (ft³), log
369 VOLUME (yd³), log
"""
DENSITY = "337 KG PER m²"
DECIMALS = "012345"

ROWS = """
00 N18:csum:gcppos2 a SSCC
01 N14:csum:gcppos2 a GTIN
02 N14:csum:gcppos2 a CONTENT
03 N14:csum:gcppos2 - MTO GTIN
10 X..20 a BATCH/LOT
11 N6:yymmd0 a PROD DATE
12 N6:yymmd0 a DUE DATE
13 N6:yymmd0 a PACK DATE
15 N6:yymmd0 a BEST BEFORE or BEST BY
16 N6:yymmd0 a SELL BY
17 N6:yymmd0 a USE BY or EXPIRY
20 N2 a VARIANT
21 X..20 - SERIAL
22 X..20 - CPV
235 X..28 - TPX
240 X..30 a ADDITIONAL ID
241 X..30 a CUST. PART No.
242 N..6 a MTO VARIANT
243 X..20 a PCN
250 X..30 a SECONDARY SERIAL
251 X..30 a REF. TO SOURCE
253 N13:csum:gcppos1+[X..17] a GDTI
254 X..20 - GLN EXTENSION COMPONENT
255 N13:csum:gcppos1+[N..12] a GCN
30 N..8 a VAR. COUNT
37 N..8 a COUNT
3900-9 N..15 a AMOUNT
3910-9 N3:iso4217+N..15 a AMOUNT
3920-9 N..15 a PRICE
3930-9 N3:iso4217+N..15 a PRICE
3940-3 N4 a PRCNT OFF
3950-5 N6 a PRICE/UoM
400 X..30 a ORDER NUMBER
401 X..30:gcppos1 a GINC
402 N17:csum:gcppos1 a GSIN
403 X..30 a ROUTE
410 N13:csum:gcppos1 a SHIP TO LOC
411 N13:csum:gcppos1 a BILL TO
412 N13:csum:gcppos1 a PURCHASE FROM
413 N13:csum:gcppos1 a SHIP FOR LOC
414 N13:csum:gcppos1 a LOC No.
415 N13:csum:gcppos1 a PAY TO
416 N13:csum:gcppos1 a PROD/SERV LOC
417 N13:csum:gcppos1 a PARTY
420 X..20 a SHIP TO POST
421 N3:iso3166+X..9 a SHIP TO POST
422 N3:iso3166 a ORIGIN
423 N3:iso3166+[N3:iso3166]+[N3:iso3166]+[N3:iso3166]+[N3:iso3166] a COUNTRY - INITIAL PROCESS
424 N3:iso3166 a COUNTRY - PROCESS
425 N3:iso3166+[N3:iso3166]+[N3:iso3166]+[N3:iso3166]+[N3:iso3166] a COUNTRY - DISASSEMBLY
426 N3:iso3166 a COUNTRY - FULL PROCESS
427 X..3 a ORIGIN SUBDIVISION
4300 X..35:pcenc a SHIP TO COMP
4301 X..35:pcenc a SHIP TO NAME
4302 X..70:pcenc a SHIP TO ADD1
4303 X..70:pcenc a SHIP TO ADD2
4304 X..70:pcenc a SHIP TO SUB
4305 X..70:pcenc a SHIP TO LOC
4306 X..70:pcenc a SHIP TO REG
4307 X2:iso3166alpha2 a SHIP TO COUNTRY
4308 X..30 a SHIP TO PHONE
4309 N10:latitude+N10:longitude a SHIP TO GEO
4310 X..35:pcenc a RTN TO COMP
4311 X..35:pcenc a RTN TO NAME
4312 X..70:pcenc a RTN TO ADD1
4313 X..70:pcenc a RTN TO ADD2
4314 X..70:pcenc a RTN TO SUB
4315 X..70:pcenc a RTN TO LOC
4316 X..70:pcenc a RTN TO REG
4317 X2:iso3166alpha2 a RTN TO COUNTRY
4318 X..20 a RTN TO POST
4319 X..30 a RTN TO PHONE
4320 X..35:pcenc a SRV DESCRIPTION
4321 N1:yesno a DANGEROUS GOODS
4322 N1:yesno a AUTH TO LEAVE
4323 N1:yesno a SIG REQUIRED
4324 N6:yymmd0+N4:hhmi a NOT BEF DEL DT
4325 N6:yymmd0+N4:hhmi a NOT AFT DEL DT
4326 N6:yymmdd a REL DATE
4330 N6+[X1:hyphen] a MAX TEMP F.
4331 N6+[X1:hyphen] a MAX TEMP C.
4332 N6+[X1:hyphen] a MIN TEMP F.
4333 N6+[X1:hyphen] a MIN TEMP C.
7001 N13 a NSN
7002 X..30 a MEAT CUT
7003 N6:yymmdd+N4:hhmi a EXPIRY TIME
7004 N..4 a ACTIVE POTENCY
7005 X..12 a CATCH AREA
7006 N6:yymmdd a FIRST FREEZE DATE
7007 N6:yymmdd+[N6:yymmdd] a HARVEST DATE
7008 X..3 a AQUATIC SPECIES
7009 X..10 a FISHING GEAR TYPE
7010 X..2 a PROD METHOD
7011 N6:yymmdd+[N4:hhmi] a TEST BY DATE
7020 X..20 a REFURB LOT
7021 X..20 a FUNC STAT
7022 X..20 a REV STAT
7023 X..30:gcppos1 a GIAI - ASSEMBLY
7030-9 N3:iso3166999+X..27 a PROCESSOR # {0}
7040 N1+X1+X1+X1:importeridx - UIC+EXT
7041 X..4:packagetype - UFRGT UNIT TYPE
710 X..20 a NHRN PZN
711 X..20 a NHRN CIP
712 X..20 a NHRN CN
713 X..20 a NHRN DRN
714 X..20 a NHRN AIM
715 X..20 a NHRN NDC
716 X..20 a NHRN AIC
717 X..20 a NHRN SRN
7230-9 X2+X..28 a CERT # {1}
7240 X..20 a PROTOCOL
7241 N2:mediatype a AIDC MEDIA TYPE
7242 X..25 a VCN
7250 N8:yyyymmdd a DOB
7251 N8:yyyymmdd+N4:hhmi a DOB TIME
7252 N1:iso5218 a BIO SEX
7253 X..40:pcenc a FAMILY NAME
7254 X..40:pcenc a GIVEN NAME
7255 X..10 a SUFFIX
7256 X..90:pcenc a FULL NAME
7257 X..70:pcenc a PERSON ADDR
7258 X3:posinseqslash a BIRTH SEQUENCE
7259 X..40:pcenc a BABY
8001 N4:nonzero+N5:nonzero+N3:nonzero+N1:winding+N1 a DIMENSIONS
8002 X..20 a CMT No.
8003 N1:zero+N13:csum:gcppos1+[X..16] a GRAI
8004 X..30:gcppos1 a GIAI
8005 N6 a PRICE PER UNIT
8006 N14:csum:gcppos2+N4:pieceoftotal a ITIP
8007 X..34:iban a IBAN
8008 N6:yymmdd+N2:hh+[N2:mi]+[N2:ss] a PROD TIME
8009 X..50 a OPTSEN
8010 Y..30:gcppos1 a CPID
8011 N..12:nozeroprefix - CPID SERIAL
8012 X..20 a VERSION
8013 X..25:csumalpha:gcppos1 a GMN
8014 X..25:csumalpha:gcppos1:hasnondigit - MUDI
8017 N18:csum:gcppos1 a GSRN - PROVIDER
8018 N18:csum:gcppos1 a GSRN - RECIPIENT
8019 N..10 - SRIN
8020 X..25 - REF No.
8026 N14:csum:gcppos2+N4:pieceoftotal a ITIP CONTENT
8030 Z..90 a DIGSIG
8040 N15 - IMEI
8041 N15 - IMEI2
8042 N32 - ESIM
8043 N18+[N..2] - PSIM
8110 X..70:couponcode a
8111 N4 a POINTS
8112 X..70:couponposoffer a
8200 X..70 - PRODUCT URL
90 X..30 a INTERNAL
91-9 X..90 a INTERNAL
"""

# First two digits of an AI -> characters of its value, where the length is predefined for all time.
PREDEFINED: dict[str, int] = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13,
    **{str(n): 6 for n in (*range(11, 20), *range(31, 37))},
}  # fmt: skip

# Primary key -> the orders in which its qualifiers may follow it.
QUALIFIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "01": (("22", "10", "21"), ("235",)),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
    **dict.fromkeys(("00", "253", "255", "401", "402", "8003", "8013"), ((),)),
}

# What must stand beside an AI: combinations in the order of the standard, joined by "+" where all are needed.
REQUIRED = """
02: 37
10 11 13 15 16 20 240 241: 01 02 03 8006 8026
12 3910-9: 8020
17: 01 02 03 255 8006 8026
21 251 7021 8012: 01 03 8006
22 235 710-7 8001 8014 8200: 01
242: 01 02 8006 8026
243: 01 03
250: 01+21 03+21 8006+21
254: 414
30 7002 7005-9 7030-9 8005: 01 02
37: 00+02 00+8026
3900-9: 255 8020
3920-9: 01+30 01+31nn 01+32nn 01+35nn 01+36nn
3930-9 3950-5: 30 31nn 32nn 35nn 36nn
3940-3 8111: 255
403 4300-2 4304-9 4310-2 4314-9 4320-6 4330-3 7041: 00
4303: 4302
4313: 4312
415: 8020
422: 01 02 03 8006 8026
423-6 7003 7010 7011 8008: 01 02 03
427: 01+422 02+422 03+422
7001: 01 02 8006 8026
7004: 01+10 03+10
7020: 01+416 03+416 8006+416
7022: 01+7021 03+7021 8006+7021
7230-9: 01 8004
7240: 01 8006
7241 7242 7253-6 8019: 8017 8018
7250-2 7257 7259: 8018
7258: 8018+7259
8007 8020: 415
8009: 00 01 03
8011: 8010
8026: 37
8030: 00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018
8040: 01+21
8041-3: 01+21+8040
"""
# What must not stand beside an AI.
EXCLUDED = """
01: 255 37
02: 01 03
03: 01 02 37 235
21: 235
255: 01 02 415 8006 8020 8026
3900-9: 390n 391n 394n 8111
3910-9: 391n
3920-9: 392n 393n
3930-9: 393n
3940-3: 394n 8111
3950-5: 392n 393n 395n 8005
420: 421
421: 4307
422-5: 426
4330: 4331
4331: 4330
4332: 4333
4333: 4332
7240: 03
7250: 7251
7251: 7250
7253-5: 7256 7259
7259: 7256
8006: 01 03 37
8017: 8018
8018: 8017
8026: 02 03 8006
"""
