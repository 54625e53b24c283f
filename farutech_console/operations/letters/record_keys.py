"""What the keys mean that the commands on letters, plans and changes print with `--json`."""

from __future__ import annotations

from collections.abc import Mapping

Keys = Mapping[str, str]

LETTER_KEYS: Keys = {
    "sequence": "its sequence in the stream of dead letters",
    "died_at": "when the worker gave the task up, RFC 3339 in UTC",
    "task_id": "empty where the letter, or the task in it, cannot be read",
    "tenant_id": "likewise",
    "task_type": "likewise",
    "module_id": "likewise",
    "error": "why it died; of a letter that cannot be read, why not",
    "reason": "`attempts_exhausted`, `permanent`, `invalid` or `stuck`; null where the worker gave "
    "none, as Go workers do",
    "attempts": "deliveries that it had",
    "replays": "how often it was replayed before it died again",
    "worker_id": "who gave it up",
    "expires_at": "when the server drops the letter, null for never",
}
FULL_KEYS: Keys = {
    "stored_at": "when the server stored the letter",
    "subject": "the subject it lies under",
    "headers": "the headers it was published with",
    "letter": "the whole letter as it lies there, with the task under `task`",
    "body": "in place of `letter`: the text of a message that is no letter",
}
GROUP_KEYS: Keys = {
    "cause": "the key of the cause, for `cause:KEY` in a FILTER; empty for the rest",
    "error_type": "the error's class, empty where it is not known",
    "text": "the error with what differs masked",
    "count": "letters of this cause",
    "share": "of all that match, from 0 to 1",
    "first_seen": "when the first of them died",
    "last_seen": "when the last of them died",
    "tenants": "how many tenants it touches",
    "more_tenants": "true where `tenants` is only a lower bound",
    "top_tenants": "letters by tenant, of those with the most",
    "sample": "the sequence of the newest",
    "address": "the address that most of them name, empty for none",
    "note": "the note on it, as `dlq note --json` prints it, null for none",
}
NOTE_KEYS: Keys = {
    "cause": "the key of the cause",
    "text": "what was written",
    "by": "who wrote it, user and host",
    "at": "when, by the server's clock",
}
PLAN_KEYS: Keys = {
    "plan": "`replay`, `purge`, or `purge_hard` for one without a copy",
    "stream": "the stream of dead letters",
    "count": "letters that it touches",
    "sequences": "exactly these, ascending",
    "target": "where the tasks or letters go",
    "oldest_at": "when the first of them died",
    "newest_at": "when the last of them died",
    "tenants": "letters by tenant",
    "task_types": "letters by type of task",
    "replayed_before": "letters whose task came back before",
    "came_back": "letters by how often it did",
    "expiring": "letters that the server drops within the hour",
    "consumer_note": "what stands in the way of the tasks being run, empty for nothing",
    "workers_asking": "open pull requests",
    "in_doubt": "letters that somebody may have replayed: `sequence`, `told`",
    "missing": "sequences that were named and under which no letter lies",
    "pace": "`rate` (null for no limit), `canary`, `canary_wait`, `stop_share`, `unknown`",
    "command": "the command that plans the same",
}
UNDO_KEYS: Keys = {
    "plan": "`undo`",
    "id": "the purge's id in the audit",
    "by": "who purged",
    "why": "the reason that was given",
    "purged_at": "when",
    "until": "when the archive forgets the letters",
    "generation": "which life of the stream they are of",
    "count": "letters that come back",
    "sequences": "those that they had",
    "came_back": "letters of the purge that came back before",
    "target": "the stream that they come back to",
    "command": "the command that plans the same",
}
IMPORT_KEYS: Keys = {
    "plan": "`import`",
    "file": "the file",
    "sha256": "its digest",
    "count": "letters in it",
    "wrong": "lines that are no letter",
    "first_wrong": "the first of them: `line`, `why`",
    "target": "the stream that they go to",
    "even_if_gone": "whether letters that were replayed or purged since come back too",
}
OUTCOME_KEYS: Keys = {
    "sequence": "the letter's sequence",
    "task_id": "the task",
    "outcome": "`replayed`, `purged`, `restored`; `already`: somebody did it before; `failed`: the "
    "letter stays, `detail` says why; `unknown`: nobody can tell whether its task was sent",
    "detail": "more, for people",
}
SUMMARY_KEYS: Keys = {
    "summary": "the last line: `planned`, how many of each outcome, and `not_reached`; of a plan "
    "also `came_back` (replayed, and dead again) and `stopped` (why it ended early, or empty)",
}
AUDIT_KEYS: Keys = {
    "id": "the change's id; its beginning names it",
    "action": "what was done, as `--action` has it",
    "by": "user and host",
    "from": "where the connection came from, as the server saw it",
    "began_at": "when, by the server's clock",
    "ended_at": "when it ended, null where no end was recorded",
    "state": "`done`, `stopped`, `failed`; `finished`: it was interrupted, and others finished "
    "what it had begun; `open`: under way, or interrupted",
    "about": "a stream, a consumer, a cause",
    "why": "the reason that was given",
    "count": "letters or tasks it was about",
    "sequences": "which, as ranges",
    "sequences_cut": "whether there were too many to name",
    "generation": "which life of the stream they are of",
    "fingerprint": "tells this very plan from any other",
    "outcomes": "what became of them, counted",
    "failures": "the first that failed: `sequence`, `outcome`, `detail`",
    "error": "why it ended early",
    "command": "the same as a command line",
    "details": "what else matters",
    "finished": "who finished what it had begun when it was interrupted: `by`, `at`, `outcomes`",
    "half_done": "of an open change, letters that the next start has to finish; null where it has "
    "an end, or where nothing tells",
}
