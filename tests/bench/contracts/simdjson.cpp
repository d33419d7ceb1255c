// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/contracts/subject.h"

#include <simdjson.h>

static simdjson::ondemand::parser *parser;
static volatile uint64_t sink;

extern "C" bool bench_simdjson_open()
{
    parser = new simdjson::ondemand::parser;
    return parser != nullptr;
}

extern "C" void bench_simdjson_close()
{
    delete parser;
    parser = nullptr;
}

extern "C" size_t bench_simdjson_padding()
{
    return simdjson::SIMDJSON_PADDING;
}

extern "C" bool bench_simdjson_read(const char *text, size_t len, size_t room, size_t fields)
{
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    uint64_t sum = 0;
    size_t count = 0;
    if (parser->iterate(text, len, len + room).get(document) || document.get_object().get(object))
        return false;
    for (auto field : object) {
        std::string_view key;
        if (field.unescaped_key().get(key))
            return false;
        simdjson::error_code code = simdjson::SUCCESS;
        if (key[0] == 'l') {
            int64_t value = 0;
            code = field.value().get_int64().get(value);
            sum += (uint64_t)value;
        } else if (key[0] == 'd') {
            double value = 0;
            code = field.value().get_double().get(value);
            sum += value > 0;
        } else if (key[0] == 'b') {
            bool value = false;
            code = field.value().get_bool().get(value);
            sum += value;
        } else {
            std::string_view value;
            code = field.value().get_string().get(value);
            sum += value.size();
        }
        if (code)
            return false;
        count++;
    }
    sink = sum;
    return count == fields;
}
