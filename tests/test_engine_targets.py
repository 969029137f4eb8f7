"""What the engine becomes on machines that this one is not: compiled for them, and read as text.

Nothing here runs. LLVM writes machine code for any processor: a product's tiles and the gates of a cell must become the
instructions that the processor has, with a fused multiply-add for each term, and no call of a function.
"""

import re

import pytest

from rnnlab.kernels.compile import JIT

if not JIT:
    pytest.skip("nothing is compiled here", allow_module_level=True)

from llvmlite import binding, ir
from numba import float32, float64

from rnnlab.kernels.engine import gru, lstm, panels, softmax, vectors

X86, ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
TARGETS = {  # the processor, the width of its registers in bits, and what a fused multiply-add looks like
    "AVX-512": (X86, "skylake-avx512", 512, r"\bvfmadd\w+p[sd]\b.*%zmm"),
    "AVX2": (X86, "haswell", 256, r"\bvfmadd\w+p[sd]\b.*%ymm"),
    "ARM": (ARM, "cortex-a72", 128, r"\bfmla\s+v\d+\.[24][sd]"),
}
CALL = r"^\s+(?:callq?|bl)\s+(?!\.?(?:tile|panel))(\S+)"  # of anything but a tile


@pytest.fixture
def compiled(monkeypatch):
    """Return a function's machine code as text, for a processor with registers of some width."""

    def compile_for(write, dtype, n_pointers, n_counts, triple, cpu, bits):
        monkeypatch.setattr(vectors, "VECTOR_BITS", bits)
        monkeypatch.setattr(panels, "WIDE", bits == 512)
        monkeypatch.setattr(panels, "ROWS", 6 if bits == 512 else 3)
        scalar = ir.FloatType() if dtype == float32 else ir.DoubleType()
        module, kinds = ir.Module(), [scalar.as_pointer()] * n_pointers + [vectors.INT] * n_counts
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), "run")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        write(dtype, builder, function.args)
        builder.ret_void()
        binding.initialize_all_targets()
        binding.initialize_all_asmprinters()
        try:
            target = binding.Target.from_triple(triple)
        except RuntimeError as error:
            pytest.skip(f"this LLVM knows no such processor: {error}")
        machine = target.create_target_machine(cpu=cpu, opt=2, codemodel="small")
        module.triple, module.data_layout = triple, str(machine.target_data)
        parsed = binding.parse_assembly(str(module))
        passes = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
        passes.getModulePassManager().run(parsed, passes)
        return machine.emit_assembly(parsed)

    return compile_for


def product(dtype, builder, args):
    """A product with a panel, with every size of tile that the width knows."""
    pointers, counts = iter(args[:5]), iter(args[5:])
    order = "pnnnpnnnpnpnpnnnn"  # of addresses and counts, as `panel_product` takes them
    panels._all_rows(dtype, builder, [next(pointers if kind == "p" else counts) for kind in order])


def gates_of(gates, n_rows):
    """One register of a cell's gates, under a mask."""

    def write(dtype, builder, args):
        registers = vectors.Registers(builder, dtype)
        mask = registers.first_lanes(args[n_rows])
        found = gates(*(vectors.Vector(registers, registers.load(place, mask)) for place in args[:n_rows]))
        for value, place in zip(found, args, strict=False):
            registers.store(value.value, place, mask)

    return write


def powers(dtype, builder, args):
    """The powers of a row of scores and their sum, which stands where the last address points."""
    out, row, best, total, n = args
    builder.store(softmax._powers(dtype, builder, (n, out, row, builder.load(best))), total)


PARTS = {
    "product": (product, 5, 12),
    "lstm": (gates_of(lstm._gates, 7), 7, 1),
    "lstm, back": (gates_of(lstm._gates_back, 12), 12, 1),
    "gru": (gates_of(gru._gates, 9), 9, 1),
    "softmax": (powers, 4, 1),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("dtype", [float32, float64])
@pytest.mark.parametrize("target", TARGETS)
def test_each_processor_gets_its_own_instructions_and_calls_nothing(compiled, target, dtype, part):
    triple, cpu, bits, fused = TARGETS[target]
    text = compiled(PARTS[part][0], dtype, *PARTS[part][1:], triple, cpu, bits)
    assert re.search(fused, text)
    assert not re.findall(CALL, text, re.MULTILINE)
    if bits < 512:
        assert "%zmm" not in text


def test_without_fused_multiply_add_a_function_would_be_called_so_that_the_engine_must_not_run_there(compiled):
    text = compiled(product, float32, 5, 12, X86, "x86-64", 128)
    assert any("fma" in called for called in re.findall(CALL, text, re.MULTILINE))


def test_a_large_tile_stays_in_the_registers(compiled):
    """In the loop over terms nothing is stored: a tile that did not fit would be written to the stack."""
    for bits, cpu, triple in ((512, "skylake-avx512", X86), (128, "cortex-a72", ARM)):
        text = compiled(product, float32, 5, 12, triple, cpu, bits)
        rows = 6 if bits == 512 else 3
        tile = text[text.index(f"tile_{rows}_4_float32:") :]
        fused = TARGETS["AVX-512" if bits == 512 else "ARM"][3]
        first = re.search(fused, tile).start()
        loop = tile[
            tile.rindex("\n.L", 0, first) : first + re.search(r"\n\s+j\w+\s|\n\s+b\.\w+\s", tile[first:]).start()
        ]
        assert len(re.findall(fused, loop)) >= 4 * rows
        assert not re.search(r"%zmm\d+, -?\d*\(%rsp\)|\bstr\s+q\d+, \[sp", loop)
