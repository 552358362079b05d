"""The table of environments: what fills it, what is refused, and what other packages announce."""

import json

import gymnasium
import pettingzoo
import pytest
from installing import python
from toy.model import Rovers

import isac_envs
from isac_envs import catalog, scenarios
from isac_envs.catalog import ENVIRONMENTS, OWN, Entry, lasting_name, model_class
from isac_envs.errors import IsacError

ROVERS = "toy.model:Rovers"
EXACT_OR_BOUND = ("exact", "convex", "genie", "best_known")


class Renamed(Rovers):
    id = "isac/ModeSelect-v0"


class Odd(Rovers):
    id = "Odd"


class Still(Rovers):
    id = "toy/Still-v0"
    kernel = json  # a module without dynamics


class HalfWritten:
    id = "toy/HalfWritten-v0"
    summary = "No parameters."
    source = ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Rovers-v0", ROVERS), "'Rovers-v0'.*namespace/Name-v0"),
        (("toy/Rovers", ROVERS), "'toy/Rovers'.*namespace/Name-v0"),
        (("toy/Rovers-v0", "toy.model"), "'toy.model'.*'module:name'"),
        (("toy/Rovers-v0", ROVERS, "two"), "'two'.*'one', 'several'"),
        (("isac/ModeSelect-v0", ROVERS), "isac/ModeSelect-v0.*already.*mode_select.model"),
        (("isac/ModeSelect-v0", OWN["isac/ModeSelect-v0"].model, "several"), "already.*one agents"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_leaves_nothing(registries, arguments, told):
    before = dict(ENVIRONMENTS), dict(gymnasium.registry), dict(pettingzoo.parallel_registry)
    with pytest.raises(IsacError, match=told):
        isac_envs.register(*arguments)
    after = dict(ENVIRONMENTS), dict(gymnasium.registry), dict(pettingzoo.parallel_registry)
    assert after == before


def test_an_id_of_another_package_is_not_taken(registries):
    gymnasium.register("toy/Rovers-v0", entry_point="some.where:Else")
    with pytest.raises(IsacError, match=r"toy/Rovers-v0.*Gymnasium has already"):
        isac_envs.register("toy/Rovers-v0", ROVERS)
    assert "toy/Rovers-v0" not in ENVIRONMENTS


def test_a_kernel_without_dynamics_is_refused():
    with pytest.raises(IsacError, match="its kernel json has no function 'reset'"):
        model_class("test_registration:Still")


def test_the_model_states_the_id_that_it_is_registered_under(registries):
    isac_envs.register("toy/Other-v0", ROVERS)
    with pytest.raises(IsacError, match=r"toy.model:Rovers.*'toy/Other-v0'.*'toy/Rovers-v0'"):
        gymnasium.make("toy/Other-v0")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Renamed", "'isac/ModeSelect-v0'.*mode_select.model:ModeSelect.*another"),
        ("Odd", "'Odd'.*namespace/Name-v0"),
        ("HalfWritten", "no params_type"),
        ("ROVERS", "not the model of an environment"),
    ],
)
def test_a_class_that_is_no_model_of_its_own_is_refused(name, told):
    """With the id of ours, results of one would be taken for those of the other."""
    with pytest.raises(IsacError, match=told):
        model_class(f"test_registration:{name}")


def test_files_name_what_every_process_knows(registries, monkeypatch):
    model = model_class("isac/ModeSelect-v0")
    assert lasting_name(model) == "isac/ModeSelect-v0"
    assert lasting_name(Rovers) == ROVERS
    isac_envs.register("toy/Rovers-v0", ROVERS)  # known to this process alone
    assert lasting_name(Rovers) == ROVERS
    monkeypatch.setitem(ENVIRONMENTS, "toy/Rovers-v0", Entry(ROVERS, "one", "toys"))
    assert lasting_name(Rovers) == "toy/Rovers-v0"


@pytest.mark.parametrize("name", ["toy.model:Rovers", "toy.signals:Signals"])
def test_without_files_the_default_scenario_is_the_declared_one(name):
    model = model_class(name)
    assert scenarios.names(name) == (model.default_scenario,)
    for given in (None, model.default_scenario):
        chosen = scenarios.load(name, given)
        assert (chosen.name, chosen.environment) == (model.default_scenario, model.id)
        assert chosen.parameters == model.params_type()
    with pytest.raises(IsacError, match=rf"{model.id}.*'nothing'"):
        scenarios.load(name, "nothing")


def test_scenarios_stand_beside_the_module_of_the_model(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        'from toy.model import Rovers\nclass TwoRVersTwo(Rovers):\n    id = "mine/Two-v0"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "scenarios" / "two_rvers_two"
    assert scenarios.folder("mine:TwoRVersTwo") == folder
    folder.mkdir(parents=True)
    text = 'environment = "mine/Two-v0"\nname = "calm"\nsummary = "s"\nsource = "own"\n'
    (folder / "calm.toml").write_text(f"{text}[parameters]\nwind_m = 0.0\n")
    assert scenarios.names("mine:TwoRVersTwo") == ("default", "calm")
    assert scenarios.load("mine:TwoRVersTwo", "calm").parameters.wind_m == 0.0


def test_trust_is_given_and_taken_back(monkeypatch):
    monkeypatch.setattr(catalog, "_permission", catalog._Permission())
    with pytest.raises(IsacError, match=r"'some:Thing' is not registered.*--trust-modules"):
        catalog.refuse_foreign("environment", "some:Thing")
    catalog.trust_modules()
    catalog.refuse_foreign("environment", "some:Thing")
    catalog.trust_modules(False)
    with pytest.raises(IsacError, match="not registered"):
        catalog.refuse_foreign("environment", "isac_envs:some:Thing")
    catalog.announce("some:Thing")
    catalog.refuse_foreign("environment", "some:Thing")


GROUP = "[isac_envs.environments]\n"
ANNOUNCED = {
    "good": f"{GROUP}toy/Rovers-v0 = toy.model:Rovers\n",
    "teams": "[isac_envs.environments.several]\ntoy/Signals-v0 = toy.signals:Signals\n",
    "steals-ours": f"{GROUP}isac/ModeSelect-v0 = toy.model:Rovers\n",
    "steals-theirs": f"{GROUP}toy/Rovers-v0 = toy.model:Corridor\n",
    "other-agents": "[isac_envs.environments.several]\ntoy/Rovers-v0 = toy.model:Rovers\n",
    "bad-id": f"{GROUP}rovers = toy.model:Rovers\n",
    "bad-path": f"{GROUP}bad/Path-v0 = toy.model\n",
    "with-extras": f"{GROUP}bad/Extras-v0 = toy.model:Rovers [several]\n",
    "no-pairs": f"{GROUP}this is no pair\n",
    "half": f"{GROUP}half/Good-v0 = toy.model:Corridor\nhalf/Bad-v0 = ?\n",
}
SILENT = {"good": ANNOUNCED["good"], "other": "[console_scripts]\nno pair either\n"}
LISTED = {
    "missing": f"{GROUP}gone/Gone-v0 = no.such.module:Gone\n",
    "raising": f"{GROUP}raises/Raises-v0 = raising:Model\n",
    "misnamed": f"{GROUP}toy/Misnamed-v0 = toy.model:Rovers\n",
    "whole": f"{GROUP}toy/Corridor-v0 = toy.model:Corridor\n",
}


def installed(folder, announced):
    for name, text in announced.items():
        info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(text)
    return folder


def test_a_broken_entry_point_is_told_of_once_and_harms_nothing_else(tmp_path):
    for name in ("again", "twice"):
        (tmp_path / name).mkdir()
    installed(tmp_path / "again", ANNOUNCED)
    installed(tmp_path / "twice", SILENT)  # one that is installed in two places counts once
    (tmp_path / "twice" / "binary-1.0.dist-info").mkdir()
    (tmp_path / "twice" / "binary-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe\x00")
    program = """
import json, sys, warnings
sys.path.append("twice")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import isac_envs
from isac_envs import catalog
import gymnasium, pettingzoo
assert "toy" not in sys.modules
foreign = {name: each for name, each in catalog.ENVIRONMENTS.items() if name not in catalog.OWN}
assert dict(list(catalog.ENVIRONMENTS.items())[:len(catalog.OWN)]) == catalog.OWN
gymnasium.spec("toy/Rovers-v0")
assert pettingzoo.parallel_registry["toy/Signals-v0"].kwargs == {"model": "toy/Signals-v0"}
print(json.dumps([foreign, [str(each.message) for each in caught]]))
"""
    done = python("-c", program, cwd=tmp_path, site=tmp_path / "again")
    assert done.returncode == 0, done.stderr
    foreign, told = json.loads(done.stdout)
    assert (
        foreign.items()
        >= {
            "toy/Signals-v0": ["toy.signals:Signals", "several", "teams"],
            "half/Good-v0": ["toy.model:Corridor", "one", "half"],
        }.items()
    )
    assert {each[2] for each in foreign.values()} <= ANNOUNCED.keys()
    assert foreign["toy/Rovers-v0"][0] in (ROVERS, "toy.model:Corridor")  # the first that is found
    owner = foreign["toy/Rovers-v0"][2]
    rivals = {"good", "steals-theirs", "other-agents"} - {owner}
    broken = {"steals-ours", "bad-id", "bad-path", "with-extras", "no-pairs", "half"} | rivals
    named = [message.split("'")[1] for message in told]
    assert sorted(named) == sorted(broken)


def test_an_environment_that_cannot_be_loaded_is_left_out_of_the_list(tmp_path):
    (tmp_path / "raising.py").write_text("raise RuntimeError('not today')\n")
    installed(tmp_path, LISTED)
    program = "import sys; from isac_agents.cli import main; sys.exit(main(sys.argv[1:]))"
    done = python("-c", program, "list", "--json", cwd=tmp_path, site=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {row["id"]: row for row in json.loads(done.stdout)}
    assert rows.keys() == {*OWN, "toy/Corridor-v0"}
    assert rows["toy/Corridor-v0"]["optimum"] == "unknown"
    for name in ("missing", "raising", "misnamed"):
        assert done.stderr.count(f" of {name} is left out") == 1
    assert "not today" in done.stderr and "Traceback" not in done.stderr
    one = python("-c", program, "describe", "raises/Raises-v0", cwd=tmp_path, site=tmp_path)
    assert one.returncode == 2
    assert "'raising:Model'" in one.stderr and "RuntimeError: not today" in one.stderr


@pytest.mark.parametrize("name", sorted(OWN))
def test_what_scores_1_is_an_optimum_or_a_bound(name):
    model = model_class(name)
    assert model.baselines["random"].kind == "random"
    if name == "isac/SecureIsacMulti-v0":  # a zero-sum game: all rewards are 0 on average
        assert model.reference_baseline is None
        return
    assert model.baselines[model.reference_baseline].kind in EXACT_OR_BOUND


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"reference_baseline": "best"}, "best"),
        ({"baselines": {"homing": Rovers.baselines["homing"]}}, "random"),
    ],
)
def test_a_reference_that_is_no_baseline_is_refused(settings, missing):
    told = f"{missing!r} among 'homing'"
    with pytest.raises(TypeError, match=told):
        type("Wrong", (Rovers,), {"reference_baseline": "homing", **settings})


@pytest.mark.parametrize(("settings", "validated"), [({}, 1), ({"horizon": 7}, 2)])
def test_making_an_environment_looks_its_model_up_once(monkeypatch, settings, validated):
    """A scenario is validated as its file states it; with overrides, so is what they make of it."""
    found = {"models": 0, "parameters": 0}
    load, params = catalog.load_class, model_class("isac/UavAlloc-v0").params_type
    check = params.__init__

    def counted_load(path):
        found["models"] += 1
        return load(path)

    def counted_check(self, **values):
        found["parameters"] += 1
        check(self, **values)

    monkeypatch.setattr(catalog, "load_class", counted_load)
    monkeypatch.setattr(params, "__init__", counted_check)
    gymnasium.make("isac/UavAlloc-v0", **settings)
    assert found == {"models": 1, "parameters": validated}
