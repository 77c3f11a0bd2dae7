"""The text of a layered C file. Values come in as `string.Template` fields."""

from __future__ import annotations

from string import Template

from bitproof.interop.c_text import SELF_TEST

SOURCE = Template(
    """\
/* ${name}: see ${name}.h. Written by bitproof.
 *
 * Layer by layer; convolutions are loops over their kernels. Weights are packed two's complement
 * fields: an integer weight is field * factor. Proved for every input, in any order of summation:
 * |weight|, |product|, |partial sum| < 2^${sum_bits} (held in ${sum_type}).
 * Read-only memory: weights and biases ${weight_bytes} bytes, structure ${structure_bytes}.
 * Working memory: ${memory_bytes} bytes (static: ${name}_eval is not reentrant).
 *
 * Test: cc -std=c99 -D${NAME}_SELFTEST ${name}.c -o ${name}_test && ./${name}_test
 */
#include "${name}.h"
${wide_check}
${sum_typedef}

${data}
/* Field number `index` of `bits` bits (at most 57), with its sign. */
static int64_t ${name}_field(const uint8_t *from, uint32_t index, unsigned bits)
{
    const uint64_t place = (uint64_t)index * bits;
    const uint8_t *byte = from + (place >> 3);
    const uint64_t sign = (uint64_t)1 << (bits - 1);
    uint64_t held = 0;
    unsigned i;
    for (i = 0; i < 8; i++)
        held |= (uint64_t)byte[i] << (8 * i);
    held = (held >> (place & 7)) & ((sign << 1) - 1);
    return (int64_t)(held & (sign - 1)) - (int64_t)(held & sign);
}

/* Biases: one for `repeat` neurons each. */
static void ${name}_start(${name}_sum *to, uint32_t width, uint32_t repeat, const uint8_t *biases,
                          unsigned bits, ${name}_sum factor)
{
    uint32_t i;
    for (i = 0; i < width; i++)
        to[i] = (${name}_sum)${name}_field(biases, i / repeat, bits) * factor;
}

${functions}
void ${name}_eval(const int32_t *in_levels, ${name}_output *out)
{
    static ${name}_sum v[${slots}];
    uint32_t i;
    for (i = 0; i < ${inputs}; i++) {
        int32_t level = in_levels[i];
${limits}        v[i] = (${name}_sum)level;
    }
${calls}
    for (i = 0; i < ${outputs}; i++)
        out[i] = (${name}_output)v[${output_slot} + i]${output_factor};
}
"""
    + SELF_TEST
)

RELU = Template("""
static void ${name}_relu(${name}_sum *to, uint32_t width)
{
    uint32_t i;
    for (i = 0; i < width; i++)
        if (to[i] < 0)
            to[i] = 0;
}
""")

DENSE = Template("""
/* Every entry of a matrix, row by row. */
static void ${name}_dense(${name}_sum *to, const ${name}_sum *from, uint32_t rows, uint32_t columns,
                          const uint8_t *weights, unsigned bits, ${name}_sum factor)
{
    uint32_t row, column, at = 0;
    for (row = 0; row < rows; row++)
        for (column = 0; column < columns; column++, at++)
            to[row] += (${name}_sum)${name}_field(weights, at, bits) * factor * from[column];
}
""")

SPARSE = Template("""
static uint32_t ${name}_count(const uint8_t *from, uint32_t index, unsigned bits)
{
    return (uint32_t)${name}_field(from, index, bits);
}

/* The non-zero entries of a matrix: how many a row has, and their columns. */
static void ${name}_sparse(${name}_sum *to, const ${name}_sum *from, uint32_t rows,
                           const uint8_t *counts, unsigned count_bits, const uint8_t *columns,
                           unsigned column_bits, const uint8_t *weights, unsigned bits,
                           ${name}_sum factor)
{
    uint32_t row, left, at = 0;
    for (row = 0; row < rows; row++)
        for (left = ${name}_count(counts, row, count_bits); left > 0; left--, at++)
            to[row] += (${name}_sum)${name}_field(weights, at, bits) * factor
                * from[${name}_count(columns, at, column_bits)];
}
""")

CONVOLUTION = Template("""
struct ${name}_windows {
    uint32_t channels, height, width, filters, rows, columns, window_height, window_width;
    uint32_t stride_y, stride_x, top, left, dilation_y, dilation_x, groups;
};

/* A convolution: the kernel of a filter is unpacked once for all its places. */
static void ${name}_convolve(${name}_sum *to, const ${name}_sum *from,
                             const struct ${name}_windows *w, const uint8_t *weights,
                             unsigned bits, ${name}_sum factor)
{
    static ${name}_sum kernel[${largest_kernel}];
    const uint32_t inner = w->channels / w->groups, per_group = w->filters / w->groups;
    const uint32_t area = w->window_height * w->window_width, size = inner * area;
    uint32_t o, c, j, i, row, column;
    for (o = 0; o < w->filters; o++) {
        const ${name}_sum *plane = from + (o / per_group) * inner * w->height * w->width;
        ${name}_sum *place = to + o * w->rows * w->columns;
        for (i = 0; i < size; i++)
            kernel[i] = (${name}_sum)${name}_field(weights, o * size + i, bits) * factor;
        for (row = 0; row < w->rows; row++)
            for (column = 0; column < w->columns; column++, place++)
                for (j = 0; j < w->window_height; j++) {
                    /* below the upper pads the subtraction wraps and fails the comparison */
                    const uint32_t y = row * w->stride_y + j * w->dilation_y - w->top;
                    if (y >= w->height)
                        continue;
                    for (i = 0; i < w->window_width; i++) {
                        const uint32_t x = column * w->stride_x + i * w->dilation_x - w->left;
                        if (x >= w->width)
                            continue;
                        for (c = 0; c < inner; c++)
                            *place += kernel[c * area + j * w->window_width + i]
                                * plane[(c * w->height + y) * w->width + x];
                    }
                }
    }
}
""")
