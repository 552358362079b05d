"""Files that do harm to whoever trusts them."""

import io
import json
import pickle
import zipfile
from base64 import b64encode

import numpy as np

from fuzzing import mutations
from fuzzing.canary import Mark


def learner_zip(mark):
    """Return a file of Stable-Baselines3 that runs code where it is loaded."""
    evil = b64encode(pickle.dumps(Mark(mark))).decode()
    data = json.dumps({"policy_class": {":type:": "<class>", ":serialized:": evil}})
    return _zip({"data": data.encode(), "_stable_baselines3_version": b"2.7.0"})


def objects(mark):
    """Return an npz whose array runs code where it is unpickled."""
    file = io.BytesIO()
    np.savez(file, action=np.array([Mark(mark)], dtype=object))
    return file.getvalue()


def expanding(size):
    """Return a small npz whose array has many bytes."""
    return _zip({"action.npy": _header((size // 8,)) + bytes(size)}, zipfile.ZIP_DEFLATED)


def payload(random, mark, before):
    """Return the bytes of a file that does harm to whoever trusts it."""
    evil = pickle.dumps(Mark(mark))
    kind = random.integers(8)
    if kind == 0:
        return evil
    if kind == 1:
        return learner_zip(mark)
    if kind == 2:  # of torch
        return _zip({"archive/data.pkl": evil, "archive/version": b"3"})
    if kind == 3:
        return objects(mark)
    if kind == 4:
        return _zip({"action.npy": _header((10**12,)), "arr_0.npy": _header((2**40, 2**40))})
    if kind == 5:
        return expanding(1 << 24)
    if kind == 6:
        return _lie(_zip({"action.npy": _header((3,)) + bytes(24)}))
    return mutations.content(random, before)


def _zip(members, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _lie(content):
    """Return a zip whose directory states 2 GiB for its only member."""
    place = content.rindex(b"PK\x01\x02") + 20
    size = (2**31 - 1).to_bytes(4, "little")
    return content[:place] + size + size + content[place + 8 :]


def _header(shape):
    file = io.BytesIO()
    entries = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, entries)
    return file.getvalue()
