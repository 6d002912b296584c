"""A block is stored once, found again, and believed only when it is what its keys say."""

import threading
from pathlib import Path

import pytest

from tfimages_action.errors import FlistError
from tfimages_action.flist.blocks import digest
from tfimages_action.flist.entries import Block
from tfimages_action.flist.store import BlockStore


def block_file(directory: Path, block: Block) -> Path:
    return directory / block.hash.hex()[:2] / block.hash.hex()


def put(directory: Path, plain: bytes) -> Block:
    store = BlockStore(directory)
    block = store.put(plain)
    store.flush()
    return block


def test_keeps_a_block_under_the_name_of_its_stored_form(tmp_path: Path) -> None:
    block = BlockStore(tmp_path).put(b"hello\n")
    assert block.key == digest(b"hello\n")
    assert digest(block_file(tmp_path, block).read_bytes()) == block.hash
    assert BlockStore(tmp_path).get(block) == b"hello\n"


def test_an_unchanged_block_costs_no_second_write(tmp_path: Path) -> None:
    first = BlockStore(tmp_path)
    block = first.put(b"hello\n")
    written = block_file(tmp_path, block).stat()
    again = BlockStore(tmp_path)
    assert again.put(b"hello\n") == first.put(b"hello\n") == block
    assert (first.written_blocks, again.written_blocks, again.written_bytes) == (1, 0, 0)
    assert block_file(tmp_path, block).stat() == written


def test_a_lost_index_costs_work_but_no_write(tmp_path: Path) -> None:
    block = put(tmp_path, b"hello\n")
    (tmp_path / "index").unlink()
    store = BlockStore(tmp_path)
    assert store.put(b"hello\n") == block
    assert store.written_blocks == 0


def test_a_lost_or_empty_block_is_written_again(tmp_path: Path) -> None:
    block = put(tmp_path, b"hello\n")
    for damage in (Path.unlink, Path.touch):
        block_file(tmp_path, block).unlink(missing_ok=True)
        if damage is Path.touch:
            block_file(tmp_path, block).touch()
        store = BlockStore(tmp_path)
        assert store.put(b"hello\n") == block
        assert store.get(block) == b"hello\n"
        assert store.written_blocks == 1


def test_a_half_written_index_record_is_dropped(tmp_path: Path) -> None:
    block = put(tmp_path, b"hello\n")
    with (tmp_path / "index").open("ab") as index:
        index.write(b"half a record")
    other = put(tmp_path, b"other")
    store = BlockStore(tmp_path)
    assert (store.put(b"hello\n"), store.put(b"other")) == (block, other)
    assert store.written_blocks == 0
    assert (tmp_path / "index").stat().st_size == 64


def test_a_block_that_a_killed_process_left_cut_is_mended(tmp_path: Path) -> None:
    """It is not in the index, which is written after the block."""
    block = BlockStore(tmp_path).put(b"hello\n")
    file = block_file(tmp_path, block)
    whole = file.read_bytes()
    file.write_bytes(whole[:3])
    store = BlockStore(tmp_path)
    assert store.put(b"hello\n") == block
    assert (file.read_bytes(), store.written_blocks) == (whole, 1)


def test_the_index_is_flushed_on_the_way(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    for number in range(1030):
        store.put(b"%d" % number)
    assert (tmp_path / "index").stat().st_size == 1024 * 32


def test_leaves_nothing_unfinished(tmp_path: Path) -> None:
    BlockStore(tmp_path).put(b"hello\n")
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_a_missing_or_damaged_block_is_an_flist_error(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    block = store.put(b"hello\n")
    with pytest.raises(FlistError, match="not in the store"):
        store.get(block._replace(hash=b"x" * 16))
    block_file(tmp_path, block).write_bytes(b"damage")
    with pytest.raises(FlistError, match="damaged block"):
        store.get(block)


def test_many_threads_store_the_same_blocks(tmp_path: Path) -> None:
    store, contents = BlockStore(tmp_path), [bytes([i]) * 100 for i in range(20)]
    threads = [
        threading.Thread(target=lambda: [store.put(content) for content in contents])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get(store.put(content)) for content in contents] == contents


def test_a_block_that_is_just_being_written_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlockStore(tmp_path)
    begun, go_on, writes = threading.Event(), threading.Event(), []
    write = store._write

    def slowly(block: Block, stored: bytes) -> bool:
        writes.append(block)
        begun.set()
        assert go_on.wait(10)
        return write(block, stored)

    monkeypatch.setattr(store, "_write", slowly)
    threads = [threading.Thread(target=store.put, args=(b"the same\n",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(writes) == 1
    assert store.written_blocks == 1


def test_a_store_that_can_not_be_made_is_an_flist_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FlistError, match="can't be used"):
        BlockStore(tmp_path / "file")
