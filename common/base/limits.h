/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of Attestream, with its reason. A queue, buffer or loop without a line here is a bug. */
#ifndef ATS_BASE_LIMITS_H
#define ATS_BASE_LIMITS_H

/* --- names --- */
/* A device, asset, gate, operator, contract or use case; as long as a Kafka key should be, and fits every stack buffer. */
#define ATS_NAME_MAX 128
/* An MQTT topic as the gate handles it; MQTT allows 65,535, plants use far less, and it goes into every record. */
#define ATS_TOPIC_MAX 1024

/* --- log --- */
/* One line: an event, its keys, and an error text. */
#define ATS_LOG_LINE_MAX 1024
/* Distinct event ids with a rate of their own; the code has fewer. */
#define ATS_LOG_EVENTS_MAX 128
/* Lines of one event a second: enough to see what happens, too few to fill a disk. */
#define ATS_LOG_LINES_PER_SECOND_MAX 10

/* --- payloads and records --- */
/* One MQTT payload: below Kafka's default message.max.bytes of 1 MiB, with room for headers. */
#define ATS_PAYLOAD_MAX (512 * 1024)
/* One Kafka record's value that we build: the payload as Avro, or the original in quarantine. */
#define ATS_RECORD_MAX (900 * 1024)
/* A contract, schema or use case file: hand-written text. */
#define ATS_DOCUMENT_MAX (256 * 1024)
/* A control record: two documents and their envelope. */
#define ATS_CONTROL_RECORD_MAX (ATS_DOCUMENT_MAX * 3)
/* A journal record: one Kafka record and, for signed or quarantined data, the original payload beside it. */
#define ATS_JOURNAL_RECORD_MAX (ATS_RECORD_MAX + ATS_PAYLOAD_MAX)

/* --- Kafka clients --- */
/* Answers of brokers that a person or a start waits for. */
#define ATS_KAFKA_METADATA_TIMEOUT_MS 10000

#endif
