from lightspeech.environment import environment, together


def test_environment_names_versions_and_no_place_of_this_machine():
    found = environment()
    assert {"python", "machine", "numpy", "code"} <= set(found)
    assert not any("/" in value for value in found.values())


def test_one_environment_stays_as_it_is_and_what_one_lacks_is_told_of_the_others():
    assert together([environment()] * 3) == environment()
    assert together([{"python": "3.11"}, {"python": "3.12", "torch": "2.13"}]) == {
        "python": "3.11, 3.12", "torch": "2.13",
    }  # fmt: skip
