"""Which runs a study is made of."""

from analysis.design import crossed, labelled, seeds


def test_every_scenario_meets_the_same_seeds():
    plan = crossed(["a", "b", "c"], seeds(4, first=7))
    met = {label: [r.seed for r in plan if r.scenario == label] for label in "abc"}
    assert met == {label: [7, 8, 9, 10] for label in "abc"}
    assert [r.run for r in plan] == list(range(12))


def test_a_study_stopped_early_has_whole_pairs():
    plan = crossed(["a", "b"], seeds(5))
    for cut in range(0, 10, 2):
        begun = plan[:cut]
        assert {r.seed for r in begun} == set(range(1, 1 + cut // 2))


def test_labels_differ_even_for_the_same_file():
    assert labelled(["x", "x", "y", "x"]) == ("x", "x-2", "y", "x-3")
    assert labelled(["x", "x-2", "x"]) == ("x", "x-2", "x-3")
