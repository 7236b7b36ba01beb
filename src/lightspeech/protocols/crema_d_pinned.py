"""CREMA-D, five pinned folds by actor, with eight validation actors each.

They are what grouped_k_fold dealt by seed 0 with eight speakers to select on, written down. The
published figures are of these very splits, so name and selection are as grouped_k_fold has them.
Training takes the actors that are neither tested nor selected on.
"""

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.protocols.base import Protocol
from lightspeech.protocols.pinned import cut_pinned

NAME = "5-fold-speaker"

FOLDS = (
    (
        (1003, 1009, 1012, 1024, 1029, 1032, 1035, 1040, 1041, 1049, 1050, 1053, 1058, 1063, 1070,
         1075, 1078, 1079, 1087),
        (1005, 1008, 1023, 1027, 1048, 1055, 1064, 1072),
    ),
    (
        (1005, 1008, 1019, 1023, 1026, 1027, 1031, 1037, 1046, 1048, 1055, 1061, 1064, 1066, 1071,
         1072, 1083, 1085),
        (1007, 1025, 1030, 1051, 1073, 1077, 1086, 1090),
    ),
    (
        (1004, 1007, 1018, 1021, 1025, 1030, 1034, 1036, 1043, 1047, 1051, 1062, 1069, 1073, 1077,
         1086, 1090, 1091),
        (1011, 1016, 1038, 1042, 1045, 1076, 1080, 1084),
    ),
    (
        (1006, 1010, 1011, 1014, 1016, 1017, 1033, 1038, 1039, 1042, 1045, 1056, 1065, 1067, 1076,
         1080, 1084, 1089),
        (1002, 1015, 1020, 1022, 1044, 1057, 1060, 1074),
    ),
    (
        (1001, 1002, 1013, 1015, 1020, 1022, 1028, 1044, 1052, 1054, 1057, 1059, 1060, 1068, 1074,
         1081, 1082, 1088),
        (1003, 1009, 1012, 1024, 1035, 1049, 1053, 1087),
    ),
)  # fmt: skip
"""Test actors and validation actors of each fold."""


@config
class Config:
    """Nothing to choose: that is what pinned means."""


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut CREMA-D into its five pinned folds.

    Args:
        utterances: all of CREMA-D.
        cfg: nothing to choose.

    Raises:
        ConfigError: if the utterances are not those of the 91 CREMA-D actors.
    """
    return cut_pinned(
        utterances,
        FOLDS,
        corpus="crema_d",
        name=NAME,
        selection="8 speaker(s) of the next fold, outside training",
    )
