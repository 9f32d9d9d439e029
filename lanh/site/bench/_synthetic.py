"""Made-up resources for benchmarks and for training the dictionary: 25 a patient.

The mix and the sizes follow Synthea (1 Patient, 3 Encounter, 12 Observation, 3 Immunization,
2 Condition, 4 MedicationRequest; 1.1 kB on average), in the country's shapes. Identifiers cannot
be real: personal numbers of province 097 to 099, cards of group ZZ.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lanh.nation import naming

Resource = dict[str, Any]

_FAMILIES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ",
    "Ngô", "Dương", "Lý", "Đinh", "Lâm", "Trương", "Mai",
)  # fmt: skip
_MIDDLES = ("Văn", "Thị", "Hữu", "Đức", "Ngọc", "Minh", "Thanh", "Xuân", "Quang", "Thu", "Kim")
_GIVENS = (
    "An", "Anh", "Bình", "Châu", "Cường", "Dung", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hoa",
    "Hùng", "Hương", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Phúc", "Quân", "Sơn",
    "Tâm", "Thảo", "Trang", "Tú", "Tuấn", "Yến",
)  # fmt: skip
_PROVINCES = ("Hà Nội", "Cao Bằng", "Lào Cai", "Nghệ An", "Đà Nẵng", "Gia Lai", "Cần Thơ", "Cà Mau")
_TESTS = (
    ("718-7", "Huyết sắc tố", "g/L", 120, 160), ("2345-7", "Glucose máu", "mmol/L", 4, 9),
    ("2160-0", "Creatinin", "umol/L", 50, 120), ("8480-6", "Huyết áp tâm thu", "mm[Hg]", 95, 170),
    ("8462-4", "Huyết áp tâm trương", "mm[Hg]", 55, 100), ("8867-4", "Nhịp tim", "/min", 55, 110),
    ("29463-7", "Cân nặng", "kg", 40, 90), ("8302-2", "Chiều cao", "cm", 145, 185),
    ("6690-2", "Bạch cầu", "10*9/L", 4, 12), ("777-3", "Tiểu cầu", "10*9/L", 150, 400),
    ("1742-6", "ALT", "U/L", 8, 60), ("1920-8", "AST", "U/L", 8, 60),
    ("2093-3", "Cholesterol toàn phần", "mmol/L", 3, 7), ("8310-5", "Thân nhiệt", "Cel", 36, 40),
)  # fmt: skip
_DISEASES = (
    ("I10", "Tăng huyết áp vô căn (nguyên phát)"), ("E11", "Bệnh đái tháo đường típ 2"),
    ("J06.9", "Nhiễm trùng đường hô hấp trên cấp"), ("K29.7", "Viêm dạ dày, không đặc hiệu"),
    ("A91", "Sốt xuất huyết Dengue"), ("J18.9", "Viêm phổi, tác nhân không xác định"),
    ("M54.5", "Đau vùng thắt lưng"), ("N39.0", "Nhiễm khuẩn hệ tiết niệu"),
)  # fmt: skip
_DRUGS = (
    ("40.12", "Paracetamol 500mg"), ("40.155", "Amoxicilin 500mg"), ("40.491", "Amlodipin 5mg"),
    ("40.807", "Metformin 850mg"), ("40.677", "Omeprazol 20mg"), ("40.549", "Atorvastatin 10mg"),
)  # fmt: skip
_VACCINES = (
    ("08", "Viêm gan B"), ("198", "DPT-VGB-Hib (5 trong 1)"), ("10", "Bại liệt bất hoạt"),
    ("05", "Sởi"), ("19", "BCG"), ("208", "COVID-19"),
)  # fmt: skip


def patient_records(number: int, seed: int = 7) -> list[Resource]:
    """The 25 resources of one made-up patient, the Patient first; equal for equal arguments."""
    return _Maker(random.Random(f"{seed}:{number}"), number).records()  # noqa: S311 - not secret


def records(patients: int, seed: int = 7, start: int = 0) -> Iterator[list[Resource]]:
    """The records of patients from number `start` on."""
    for number in range(start, start + patients):
        yield patient_records(number, seed)


class _Maker:
    def __init__(self, chance: random.Random, number: int) -> None:
        self.chance = chance
        self.number = number
        self.facility = f"97{chance.randrange(300):03d}"
        self.patient = self._uuid()
        self.serial = 0

    def _uuid(self) -> str:
        digits = f"{self.chance.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _day(self) -> str:
        draw = self.chance.randrange
        return f"{draw(2024, 2027)}-{draw(1, 13):02d}-{draw(1, 29):02d}"

    def _moment(self, day: str) -> str:
        draw = self.chance.randrange
        return f"{day}T{draw(7, 17):02d}:{draw(60):02d}:{draw(60):02d}+07:00"

    def _base(self, kind: str) -> Resource:
        return {"resourceType": kind, "id": self._uuid()}

    def records(self) -> list[Resource]:
        found = [self._patient()]
        visits = [self._encounter() for _ in range(3)]
        found += visits
        found += [self._observation(visits[at % 3]) for at in range(12)]
        found += [self._immunization() for _ in range(3)]
        found += [self._condition(visits[at]) for at in range(2)]
        found += [self._request(visits[at % 3]) for at in range(4)]
        return found

    def _subject(self) -> Resource:
        return {"reference": f"Patient/{self.patient}"}

    def _patient(self) -> Resource:
        chance, number = self.chance, self.number
        family, middle = chance.choice(_FAMILIES), chance.choice(_MIDDLES)
        given = chance.choice(_GIVENS)
        year, woman = chance.randrange(1935, 2026), chance.random() < 0.5
        sign = (year // 100 - 19) * 2 + woman
        personal = f"{chance.randrange(97, 100):03d}{sign}{year % 100:02d}{number % 10**6:06d}"
        return {
            **self._base("Patient"),
            "id": self.patient,
            "identifier": [
                {"use": "official", "system": naming.PERSONAL_NUMBER, "value": personal},
                {"system": naming.INSURANCE_CARD, "value": f"ZZ4{number % 10**12:012d}"},
                {"system": naming.patient_number(self.facility), "value": f"BN{number:08d}"},
            ],
            "active": True,
            "name": [
                {
                    "use": "official",
                    "text": f"{family} {middle} {given}",
                    "family": family,
                    "given": [middle, given],
                }
            ],
            "telecom": [
                {"system": "phone", "value": f"09{chance.randrange(10**8):08d}", "use": "mobile"}
            ],
            "gender": "female" if woman else "male",
            "birthDate": f"{year}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
            "address": [self._address()],
            "extension": [
                {
                    "url": naming.ETHNIC_EXTENSION,
                    "valueCoding": {
                        "system": naming.ETHNIC_GROUP,
                        "code": "01",
                        "display": "Kinh",
                    },
                }
            ],
            "contact": [
                {
                    "relationship": [{"text": chance.choice(("Vợ", "Chồng", "Mẹ", "Con"))}],
                    "name": {
                        "text": f"{family} {chance.choice(_MIDDLES)} {chance.choice(_GIVENS)}"
                    },
                    "telecom": [{"system": "phone", "value": f"03{chance.randrange(10**8):08d}"}],
                }
            ],
            "managingOrganization": self._organization(),
            "maritalStatus": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                        "code": chance.choice("MSD"),
                    }
                ]
            },
        }

    def _address(self) -> Resource:
        chance = self.chance
        commune, province = f"{chance.randrange(3300):05d}", chance.choice(_PROVINCES)
        street = f"{chance.choice(_GIVENS)} {chance.choice(_MIDDLES)}"
        lane = f"Số {chance.randrange(1, 400)} đường {street}"
        return {
            "extension": [
                {
                    "url": naming.COMMUNE_EXTENSION,
                    "valueCoding": {
                        "system": naming.COMMUNE,
                        "code": commune,
                        "display": f"Xã {chance.choice(_GIVENS)} {chance.choice(_GIVENS)}",
                    },
                }
            ],
            "use": "home",
            "text": f"{lane}, {province}",
            "line": [lane],
            "city": f"Xã {chance.choice(_GIVENS)}",
            "state": province,
            "country": "VN",
        }

    def _organization(self) -> Resource:
        return {
            "identifier": {"system": naming.FACILITY_CODE, "value": self.facility},
            "display": f"Trạm Y tế {self.facility}",
        }

    def _practitioner(self) -> Resource:
        family, given = self.chance.choice(_FAMILIES), self.chance.choice(_GIVENS)
        number = self.chance.randrange(10**6)
        return {
            "reference": f"Practitioner/bs-{self.facility}-{number % 40}",
            "display": f"BS. {family} {self.chance.choice(_MIDDLES)} {given}",
        }

    def _encounter(self) -> Resource:
        day, (code, title) = self._day(), self.chance.choice(_DISEASES)
        self.serial += 1
        return {
            **self._base("Encounter"),
            "identifier": [
                {
                    "system": naming.visit_number(self.facility),
                    "value": f"{self.facility}.{self.number}.{self.serial}",
                }
            ],
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": self.chance.choice(("AMB", "AMB", "AMB", "IMP", "EMER")),
            },
            "type": [
                {"coding": [{"system": naming.CARE_TYPE, "code": "01", "display": "Khám bệnh"}]}
            ],
            "subject": self._subject(),
            "period": {
                "start": self._moment(day),
                "end": self._moment(day)[:11] + "17:30:00+07:00",
            },
            "reasonCode": [
                {
                    "coding": [{"system": naming.ICD10, "code": code, "display": title}],
                    "text": title,
                }
            ],
            "participant": [{"individual": self._practitioner()}],
            "priority": {"text": "Thường"},
            "hospitalization": {"dischargeDisposition": {"text": "Ra viện, hẹn tái khám"}},
            "location": [{"location": {"display": "Phòng khám số 3"}, "status": "completed"}],
            "serviceProvider": self._organization(),
        }

    def _observation(self, visit: Resource) -> Resource:
        code, title, unit, low, high = self.chance.choice(_TESTS)
        value = Decimal(self.chance.randrange(low * 10, high * 10)) / 10
        moment = visit["period"]["start"]
        codings = [{"system": naming.LOINC, "code": code, "display": title}]
        if self.chance.random() < 0.3:  # a laboratory that also sends its own code
            local = f"XN{self.chance.randrange(900):03d}"
            codings.append({"system": naming.TEST_INDEX, "code": local, "display": title})
        return {
            **self._base("Observation"),
            "status": "final",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                            "code": "laboratory",
                            "display": "Laboratory",
                        }
                    ]
                }
            ],
            "code": {"coding": codings, "text": title},
            "subject": self._subject(),
            "encounter": {"reference": f"Encounter/{visit['id']}"},
            "effectiveDateTime": moment,
            "issued": moment[:19] + ".000+07:00",
            "performer": [self._practitioner(), self._organization()],
            "valueQuantity": {"value": value, "unit": unit, "system": naming.UCUM, "code": unit},
            "referenceRange": [
                {
                    "low": {"value": low, "unit": unit, "system": naming.UCUM, "code": unit},
                    "high": {"value": high, "unit": unit, "system": naming.UCUM, "code": unit},
                }
            ],
        }

    def _immunization(self) -> Resource:
        code, title = self.chance.choice(_VACCINES)
        return {
            **self._base("Immunization"),
            "status": "completed",
            "vaccineCode": {
                "coding": [{"system": naming.CVX, "code": code, "display": title}],
                "text": title,
            },
            "patient": self._subject(),
            "occurrenceDateTime": self._moment(self._day()),
            "primarySource": True,
            "lotNumber": f"L{self.chance.randrange(10**5):05d}",
            "site": {"text": "Bắp tay trái"},
            "route": {"text": "Tiêm bắp"},
            "doseQuantity": {
                "value": Decimal("0.5"),
                "unit": "mL",
                "system": naming.UCUM,
                "code": "mL",
            },
            "expirationDate": "2028-01-31",
            "manufacturer": {"display": "Viện Vắc xin và Sinh phẩm Y tế"},
            "performer": [{"actor": self._practitioner()}, {"actor": self._organization()}],
            "protocolApplied": [{"doseNumberPositiveInt": self.chance.randrange(1, 4)}],
        }

    def _condition(self, visit: Resource) -> Resource:
        coding = visit["reasonCode"][0]["coding"][0]
        clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        category = "http://terminology.hl7.org/CodeSystem/condition-category"
        return {
            **self._base("Condition"),
            "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
            "verificationStatus": {"coding": [{"system": verification, "code": "confirmed"}]},
            "category": [{"coding": [{"system": category, "code": "encounter-diagnosis"}]}],
            "code": {"coding": [coding], "text": coding["display"]},
            "subject": self._subject(),
            "encounter": {"reference": f"Encounter/{visit['id']}"},
            "onsetDateTime": visit["period"]["start"],
            "recordedDate": visit["period"]["start"],
            "recorder": self._practitioner(),
        }

    def _request(self, visit: Resource) -> Resource:
        code, title = self.chance.choice(_DRUGS)
        times, days = self.chance.randrange(1, 4), self.chance.randrange(3, 31)
        return {
            **self._base("MedicationRequest"),
            "status": "completed",
            "intent": "order",
            "medicationCodeableConcept": {
                "coding": [{"system": naming.DRUG, "code": code, "display": title}],
                "text": title,
            },
            "subject": self._subject(),
            "encounter": {"reference": f"Encounter/{visit['id']}"},
            "authoredOn": visit["period"]["start"],
            "requester": self._practitioner(),
            "reasonCode": visit["reasonCode"],
            "dosageInstruction": [
                {
                    "sequence": 1,
                    "text": f"Ngày uống {times} lần, mỗi lần 1 viên, sau ăn",
                    "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "viên"}}],
                }
            ],
            "dispenseRequest": {
                "quantity": {"value": times * days, "unit": "viên"},
                "expectedSupplyDuration": {
                    "value": days,
                    "unit": "ngày",
                    "system": naming.UCUM,
                    "code": "d",
                },
            },
        }
