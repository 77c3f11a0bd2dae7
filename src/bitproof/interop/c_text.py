"""The text of the C files. Values come in as `string.Template` fields; nothing is decided here."""

from __future__ import annotations

from string import Template

HEADER = Template("""\
/* ${name}: ${title}
 *
 * Written by bitproof. Self-contained C99, integers only, no allocation, ${memory}.
 * Every accumulator is proved to fit its type for every input (inputs outside the levels below
 * are taken as the nearest level), so nothing can overflow.
 *
 *   input  = level * INPUT_STEP_NUM / INPUT_STEP_DEN,   exactly
 *   output = integer * OUTPUT_NUM / OUTPUT_DEN,         exactly
 *${certificate}
 */
#ifndef ${NAME}_H
#define ${NAME}_H

#include <stdint.h>
${wide_check}
#ifdef __cplusplus
extern "C" {
#endif

#define ${NAME}_INPUTS ${inputs}
#define ${NAME}_OUTPUTS ${outputs}
#define ${NAME}_INPUT_STEP_NUM ${step_numerator}
#define ${NAME}_INPUT_STEP_DEN ${step_denominator}
#define ${NAME}_OUTPUT_NUM ${output_numerator}
#define ${NAME}_OUTPUT_DEN ${output_denominator}
${level_macros}
/* An output, in units of OUTPUT_NUM / OUTPUT_DEN; magnitude below 2^${output_bits}. */
${output_typedef}

/* in_levels: ${NAME}_INPUTS levels; out: room for ${NAME}_OUTPUTS integers. */
void ${name}_eval(const int32_t *in_levels, ${name}_output *out);
${convenience}
#ifdef __cplusplus
}
#endif

#endif
""")

CONVENIENCE = Template("""
/* For convenience: the level nearest to x (NaN: the lowest), then the output as the double nearest
 * to it, up to the rounding of one product and one quotient. The exact result is ${name}_eval's. */
static inline double ${name}(double x)
{
    const double level = x * (double)${NAME}_INPUT_STEP_DEN / (double)${NAME}_INPUT_STEP_NUM;
    int32_t nearest = ${NAME}_INPUT_LOWEST;
    ${name}_output out;
    if (level >= (double)${NAME}_INPUT_HIGHEST)
        nearest = ${NAME}_INPUT_HIGHEST;
    else if (level > (double)${NAME}_INPUT_LOWEST)
        nearest = (int32_t)(level < 0 ? level - 0.5 : level + 0.5);
    ${name}_eval(&nearest, &out);
    return (double)out * (double)${NAME}_OUTPUT_NUM / (double)${NAME}_OUTPUT_DEN;
}
""")

WIDE_CHECK = """
#ifndef __SIZEOF_INT128__
#error "the proved ranges need 128-bit integers: use a compiler that has __int128"
#endif
"""

SELF_TEST = """
#ifdef ${NAME}_SELFTEST
#include <stdio.h>

static const int32_t ${name}_test_levels[${vectors}][${inputs}] = {
${test_levels}
};

static const ${name}_output ${name}_test_outputs[${vectors}][${outputs}] = {
${test_outputs}
};

int main(void)
{
    unsigned vector, i, failures = 0;
    for (vector = 0; vector < ${vectors}; vector++) {
        ${name}_output out[${outputs}];
        ${name}_eval(${name}_test_levels[vector], out);
        for (i = 0; i < ${outputs}; i++)
            if (out[i] != ${name}_test_outputs[vector][i]) {
                printf("FAIL vector %u output %u\\n", vector, i);
                failures++;
            }
    }
    if (failures == 0)
        printf("OK %u vectors\\n", (unsigned)${vectors});
    return failures != 0;
}
#endif
"""
"""Replays the golden vectors; part of the program of every layout."""

SOURCE = Template(
    """\
/* ${name}: see ${name}.h. Written by bitproof.
 *
 * Weights: ${codes_text}
 * Proved for every input: |accumulator| < 2^${sum_bits} (held in ${sum_type}),
 * -2^${value_bits} <= value < 2^${value_bits} (held in ${value_type}), in units of each layer's
 * granule:
${bounds}
 * Read-only memory: weights ${weight_bytes} bytes, structure ${structure_bytes},
 * tables ${table_bytes}, activations ${activation_bytes}.
 * Working memory: ${slots} values, ${memory_bytes} bytes (${memory}).
 *
 * Test: cc -std=c99 -D${NAME}_SELFTEST ${name}.c -o ${name}_test && ./${name}_test
 */
#include "${name}.h"
${wide_check}
${sum_typedef}
${value_typedef}

/* The codes of all weights and biases, in the order they are used. */
static const uint8_t ${name}_weights[${weight_length}] = {
${weights}
};

/* For every block of rows, in bits: rows - 1 (${rows_bits}), runs (${runs_bits}), ${finish_bits},
 * biased (1), slot of the result (${slot_bits}), ${block_scale_bits};
 * for every run: slot (${slot_bits}), long (${long_bits}),
 * if so length - 1 (${length_bits})${run_scale_bits}.${unit_text} */
static const uint8_t ${name}_structure[${structure_length}] = {
${structure}
};
${book}${scales}
struct ${name}_reader {
    const uint8_t *next;
    uint32_t held;
    unsigned count;
};

/* The next `bits` (at most 24) bits. */
static uint32_t ${name}_take(struct ${name}_reader *from, unsigned bits)
{
    uint32_t taken;
    while (from->count < bits) {
        from->held |= (uint32_t)*from->next++ << from->count;
        from->count += 8;
    }
    taken = from->held & (((uint32_t)1 << bits) - 1);
    from->held >>= bits;
    from->count -= bits;
    return taken;
}

${scale_function}${weight_function}${finishing}
void ${name}_eval(const int32_t *in_levels, ${name}_output *out)
{
${limits}    ${value_storage}
    struct ${name}_reader structure = {${name}_structure, 0, 0};
    struct ${name}_reader weights = {${name}_weights, 0, 0};
    unsigned long block;
    unsigned i;
    for (i = 0; i < ${inputs}; i++) {
        int32_t level = in_levels[i];
        if (level < lowest[i])
            level = lowest[i];
        if (level > highest[i])
            level = highest[i];
        v[i] = (${name}_value)level;
${input_unit}    }
    for (block = 0; block < ${blocks}; block++) {
        const uint32_t rows = ${name}_take(&structure, ${rows_bits}) + 1;
        const uint32_t runs = ${name}_take(&structure, ${runs_bits});
${take_finish}        const uint32_t biased = ${name}_take(&structure, 1);
        const uint32_t to = ${name}_take(&structure, ${slot_bits});
${take_unit}        const struct ${name}_reader first_run = structure;
        uint32_t row, run, at;
        for (row = 0; row < rows; row++) {
            ${name}_sum total = biased ? (${name}_sum)${bias}(&weights) * ${bias_scale} : 0;
            structure = first_run;
            for (run = 0; run < runs; run++) {
                const uint32_t start = ${name}_take(&structure, ${slot_bits});
                const uint32_t more = ${name}_take(&structure, ${long_bits});
                const uint32_t last = start + (more ? ${name}_take(&structure, ${length_bits}) : 0);
${add_run}            }
${apply_finish}${result_unit}        }
    }
    for (i = 0; i < ${outputs}; i++)
        out[i] = (${name}_output)v[${output_slot} + i];
}
"""
    + SELF_TEST
)

SCALE_FUNCTION = Template("""\
static ${name}_sum ${name}_scale(struct ${name}_reader *from)
{
    return ${scale_expression};
}

""")

TAKE_BIAS_SCALE = Template("""\
        const ${name}_sum bias_scale = biased ? ${name}_scale(&structure) : 0;
""")

ADD_SCALED = Template("""\
                const ${name}_sum scale = ${name}_scale(&structure);
                ${name}_sum part = 0;
                for (at = start; at <= last; at++)
                    part += (${name}_sum)${name}_weight(&weights) * v[at];
                total += part * scale;
""")

TAKE_UNIT = Template("""\
        const int base = (int)${name}_take(&structure, ${base_bits}) + (${least_base});
        const int rise = (int)${name}_take(&structure, ${rise_bits}) + (${least_rise});
""")

ADD_ALIGNED = Template("""\
                for (at = start; at <= last; at++)
                    total += (${name}_sum)${name}_weight(&weights) * v[at]
                             * ((${name}_sum)1 << (base + e[at]));
""")

UNIT_TEXT = """
 * A value that counts 2^e is scaled by 2^(e + base), a bias by 2^base; the results count
 * 2^(rise - base)."""

RESULT_UNIT = Template("""\
            e[to + row] = (${kind})(rise - base);
""")

TAKE_EXACT = Template("""\
        const uint32_t relu = ${name}_take(&structure, 1);
        const ${name}_sum divisor = ${name}_scale(&structure);
""")

APPLY_EXACT = Template("""\
            total /= divisor; /* exact */
            v[to + row] = relu && total < 0 ? 0 : (${name}_value)total;
""")

TAKE_FINISH = Template("""\
        const uint32_t finish = ${name}_take(&structure, ${finish_bits});
""")

APPLY_FINISH = Template("""\
            v[to + row] = ${name}_finish(finish, total);
""")

FINISH = Template("""
/* The value of a sum: rounded once to a level, limited to the format, activated. */
static ${name}_value ${name}_finish(uint32_t finish, ${name}_sum level)
{
    switch (finish) {
${cases}
    }
}
""")

TABLE = Template("""
/* ${title} */
static const ${kind} ${name}_table${number}[${length}] = {
${entries}
};
""")

ROUND_SHIFT = Template("""
/* n / 2^bits ${meaning}. */
static ${name}_sum ${name}_${rule}(${name}_sum n, unsigned bits)
{
    const ${name}_sum below = n < 0 ? ~(~n >> bits) : n >> bits;
    const ${name}_sum one = (${name}_sum)1 << bits;
    const ${name}_sum rest = n & (one - 1);
    return ${up} ? below + 1 : below;
}
""")

ROUND_DIVIDE = Template("""
/* n / one ${meaning}. */
static ${name}_sum ${name}_${rule}(${name}_sum n, ${name}_sum one)
{
    ${name}_sum below = n / one;
    ${name}_sum rest = n % one;
    if (rest < 0) {
        rest += one;
        below--;
    }
    return ${up} ? below + 1 : below;
}
""")

FLOOR_SHIFT = Template("""
/* n / 2^bits rounded down. */
static ${name}_sum ${name}_floor_shift(${name}_sum n, unsigned bits)
{
    return n < 0 ? ~(~n >> bits) : n >> bits;
}
""")

FLOOR_DIVIDE = Template("""
/* n / one rounded down. */
static ${name}_sum ${name}_floor(${name}_sum n, ${name}_sum one)
{
    return n % one < 0 ? n / one - 1 : n / one;
}
""")

WRAP = Template("""
/* The level from lowest on that differs by a multiple of `count`. */
static ${name}_sum ${name}_wrap(${name}_sum level, ${name}_sum lowest, ${name}_sum count)
{
    const ${name}_sum rest = (level - lowest) % count;
    return (rest < 0 ? rest + count : rest) + lowest;
}
""")

LIMIT = Template("""
static ${name}_sum ${name}_limit(${name}_sum level, ${name}_sum lowest, ${name}_sum highest)
{
    return level < lowest ? lowest : level > highest ? highest : level;
}
""")

PLAIN_WEIGHT = Template("""\
static int32_t ${name}_${what}(struct ${name}_reader *from)
{
    const uint32_t code = ${name}_take(from, ${code_bits});
    const int32_t above = (code >> ${sign_bit}) != 0 ? (int32_t)1 << ${code_bits} : 0;
    return (int32_t)code - above;
}
""")

BOOK_WEIGHT = Template("""\
static ${book_type} ${name}_weight(struct ${name}_reader *from)
{
    return ${name}_book[${name}_take(from, ${code_bits})];
}
""")

DIGIT_WEIGHT = Template("""\
/* ${digits} digits to base ${base} in every byte, the lowest first. */
static ${book_type} ${name}_weight(struct ${name}_reader *from)
{
    uint32_t digit;
    if (from->count == 0) {
        from->held = *from->next++;
        from->count = ${digits};
    }
    digit = from->held % ${base};
    from->held /= ${base};
    from->count--;
    return ${name}_book[digit];
}
""")

BOOK = Template("""
/* What a code stands for. */
static const ${book_type} ${name}_book[${book_length}] = {
${entries}
};
""")

SCALE_TABLE = Template("""
/* Scales align values that count different granules. */
static const ${scale_type} ${name}_scales[${scale_length}] = {
${entries}
};
""")
