# SPDX-License-Identifier: Apache-2.0
"""What the demo concludes: the numbers, read from Kafka by its own Java client, their checks, and the table."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "judge"))
import judge as kafka_judge  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# After the fault's onset an episode may open a little later, and its first event may lie a little before.
FAULT_SLACK_MS = 60_000


def dump(run, suffix):
    return kafka_judge.dump(run.kafka, run.kafka.prefix + suffix)


def distinct_events(records):
    """Telemetry records by what names them for ever; a gate may send one again after a crash."""
    return {(r.header("ats_gate"), r.header("ats_journal"), r.header("ats_position")) for r in records}


class Topics:
    """All that the run has left in Kafka, decoded."""

    def __init__(self, run):
        schemas = kafka_judge.Schemas(ROOT / "schemas")
        self.telemetry = dump(run, "telemetry.env-sensor")
        self.decisions = [schemas.decode(r.value) for r in dump(run, "decisions")]
        self.alerts = [schemas.decode(r.value) for r in dump(run, "alerts") if r.value is not None]
        self.requests = [schemas.decode(r.value) for r in dump(run, "erp.requests")]
        self.twin = [json.loads(r.value) for r in dump(run, "twin")]
        self.quarantine = [schemas.decode(r.value) for r in dump(run, "quarantine")]


def twin_episode(message):
    return message["value"].get("episode")


def fault_problems(topics, fault):
    """The synthetic fault must have given one episode of its own: one alert, one request, one twin update."""
    def within(ms):
        return fault["begin_ms"] - FAULT_SLACK_MS <= ms <= fault["end_ms"] + FAULT_SLACK_MS
    def millis(value):
        return int(value.timestamp() * 1000) if hasattr(value, "timestamp") else value
    own = {a["episode"] for a in topics.alerts if a["asset"] == fault["asset"] and within(millis(a["first_event_time"]))}
    requests = [r for r in topics.requests if r["asset"] == fault["asset"] and within(millis(r["malfunction_start"]))]
    twin = {twin_episode(m) for m in topics.twin} & own
    found = {"alerts": len(own), "ERP requests": len(requests), "twin updates": len(twin)}
    return [f"the synthetic fault gave {count} {what}, not 1" for what, count in found.items() if count != 1]


def judge(run, load, published, fault):
    """(figures, problems)."""
    topics = Topics(run)
    metrics = run.gate.fresh_metrics()
    reasons = {name: count for name, count in metrics.get("refused_by_reason", {}).items() if count}
    seconds = load.get("decision_seconds") or load["seconds"]
    figures = {
        "published": published,
        "admitted": metrics["admitted"],
        "in_kafka": len(distinct_events(topics.telemetry)),
        "decided": len({d["id"] for d in topics.decisions}),
        "quarantined": metrics["quarantined"],
        "refused": metrics["refused"],
        "refused_by_reason": reasons,
        "duplicates": metrics["duplicates"],
        "decisions": len(topics.decisions),
        "alerts": len({a["episode"] for a in topics.alerts}),
        "erp_requests": len({r["request_id"] for r in topics.requests}),
        "twin_updates": len({twin_episode(m) for m in topics.twin}),
        "quarantined_in_kafka": len(topics.quarantine),
        "publishes_per_s": load["per_second"],
        "decisions_per_s": load["accepted_publish"] / seconds if seconds else 0.0,
        "latency_p50_ms": load["decision"]["p50_ms"],
        "latency_p99_ms": load["decision"]["p99_ms"],
    }
    return figures, sums(figures, topics) + fault_problems(topics, fault)


def sums(f, topics):
    answered = f["admitted"] + f["quarantined"] + f["refused"] + f["duplicates"]
    problems = []
    if f["published"] != answered:
        problems.append(f"published {f['published']} is not admitted + quarantined + refused + duplicates = {answered}")
    if not f["admitted"] == f["in_kafka"] == f["decided"]:
        problems.append(f"admitted {f['admitted']}, in Kafka {f['in_kafka']} and decided {f['decided']} are not the same")
    if f["decisions"] != f["decided"]:
        problems.append(f"{f['decisions']} decisions for {f['decided']} events: some were decided twice")
    if f["quarantined_in_kafka"] != f["quarantined"]:
        problems.append(f"{f['quarantined']} quarantined, {f['quarantined_in_kafka']} in the quarantine topic")
    dead = sum(1 for q in topics.quarantine if q["source"] == "processor")
    if dead:
        problems.append(f"{dead} dead letters of the processor")
    return problems


def show(figures, problems, seconds):
    rows = [("published", "published"), ("admitted", "admitted"), ("quarantined", "quarantined"), ("refused", "refused"),
            ("duplicates", "duplicates"), ("in Kafka", "in_kafka"), ("decisions", "decided"), ("alerts (episodes)", "alerts"),
            ("ERP requests", "erp_requests"), ("twin updates", "twin_updates")]
    print()
    for title, name in rows:
        print(f"  {title:<28} {figures[name]:>10}")
        if name == "refused":
            for reason, count in sorted(figures["refused_by_reason"].items()):
                print(f"    {reason:<26} {count:>10}")
    print(f"  {'publishes/s':<28} {figures['publishes_per_s']:>10.0f}")
    print(f"  {'decisions/s':<28} {figures['decisions_per_s']:>10.0f}")
    print(f"  {'publish to decision, p50':<28} {figures['latency_p50_ms']:>7.1f} ms")
    print(f"  {'publish to decision, p99':<28} {figures['latency_p99_ms']:>7.1f} ms")
    print(f"  {'the run':<28} {seconds:>8.1f} s")
    print()
    checks = "published = admitted + quarantined + refused + duplicates; admitted = in Kafka = decided; the fault gave its episode"
    print("\n".join(f"  WRONG: {problem}" for problem in problems) if problems else f"  all checks hold: {checks}")
