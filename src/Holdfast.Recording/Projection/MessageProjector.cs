using System.Globalization;
using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Recording.Redaction;
using Holdfast.Wire.Errors;

namespace Holdfast.Recording.Projection;

/// <summary>
/// Makes the rows of <c>ai_gateway_messages</c> out of one exchange: those of its new messages, and at least one. A failed
/// exchange has a row of the type <c>error</c>; the tokens of an answer stand on one row, the answer's last part, else the row
/// that stands for the exchange. Owns what each session last said of its system prompt and tools, which are put on the first
/// row of an exchange only where they changed; after a restart they count as changed. Never throws for what the bodies hold.
/// Used by one thread at a time.
/// </summary>
public sealed class MessageProjector(BodyRedaction redaction)
{
    private readonly RowJson _json = new(redaction);
    private readonly PartRows _rows = new(redaction);
    private readonly SessionMemory _sessions = new();

    /// <summary>Forgets what sessions said of their system prompts and tools: it counts as changed.</summary>
    public void Forget() => _sessions.Forget();

    /// <summary>The rows of one exchange.</summary>
    /// <param name="exchange">Its record, complete.</param>
    /// <param name="input">Its bodies and headers.</param>
    /// <param name="seen">Which messages have rows already.</param>
    public IReadOnlyList<MessageRecord> Project(ExchangeRecord exchange, ProjectionInput input, SeenMessages seen)
    {
        // 1. What was said, and by whom.
        var answerBytes = BodyJson.Readable(input.Answer ?? default);
        using var request = BodyJson.Parse(input.Request);
        using var answer = BodyJson.Parse(answerBytes);
        var turn = TurnReader.Read(exchange, request?.RootElement, answer?.RootElement);
        var client = ClientStatement.Of(turn, input);
        var failure = FailureOf(exchange, answerBytes, answer?.RootElement);
        var usage = AnswerUsage.Of(exchange, turn is not null, answerBytes, answer?.RootElement ?? default);

        // 2. What all its rows share.
        var first = turn?.Request.Find(message => message.Role != "system") ?? turn?.Request.FirstOrDefault();
        var named = string.IsNullOrEmpty(exchange.Session) ? null : exchange.Session;
        var session = _rows.Id(named) ?? (first is null ? exchange.ExchangeId : MessageIds.HashOf(first));
        var carried = _json.Attributes(exchange, input, failure?.Error, named is null, usage);
        var common = Common(exchange, turn, client, session) with
        {
            Attributes = usage is null ? carried : _json.Attributes(exchange, input, failure?.Error, named is null, null),
        };

        // 3. The new messages, question and answer.
        var scope = SeenMessages.ScopeOf(common.ConversationId ?? session, client.AgentId);
        var walk = new Walk(new MessageIds(scope), common);
        var rows = new List<MessageRecord>();
        foreach (var message in turn?.Request ?? [])
        {
            Add(walk.Step(message), message);
        }

        var asked = rows.Count;
        (MessageRecord Row, NeutralMessage Message)? last = null;
        walk.Common = common with { MessageCreatedAt = EndOf(exchange) };
        foreach (var message in turn?.Answer ?? [])
        {
            var row = walk.Step(message);
            Add(row, message);
            last = message.Parts.Count > 0 ? (row, message) : last;
        }

        // 4. The row that stands for the exchange: in the place of an answer that says nothing new, and of none at all.
        if (failure is null && rows.Count == asked)
        {
            var row = last is var (shared, message)
                ? _rows.RowOf(shared, message.Parts[^1], message.Parts.Count - 1, input.Mode)
                : StandIn(walk, exchange, PartKinds.Exchange);
            rows.Add(row with { PartId = $"{exchange.ExchangeId}#0" });
        }

        var isAnswered = rows.Count > asked;
        if (isAnswered)
        {
            var said = rows.FindLastIndex(row => row.Role == "assistant");
            var carrier = said >= asked ? said : rows.Count - 1;
            rows[carrier] = rows[carrier] with { Attributes = carried, Status = StatusAtEnd(rows[carrier], turn) };
        }

        if (failure is { } failed)
        {
            rows.Add(StandIn(walk, exchange, PartKinds.Error) with
            {
                ContentText = _rows.Content(failed.Message),
                IsError = true,
                Status = _json.Status(null, FinishReasons.Error, failed.Code, failed.Message),
                Attributes = isAnswered ? common.Attributes : carried,
            });
        }

        // 5. What only the first row says.
        rows[0] = WithPrompt(rows[0], turn, $"{scope}\n{exchange.ModelAsked}");
        if (turn is null && input.Mode == ProjectionMode.Raw)
        {
            rows[0] = rows[0] with { RawFrame = _rows.Frame(request?.RootElement, answer?.RootElement) };
        }

        return rows;

        void Add(MessageRecord row, NeutralMessage message)
        {
            if (seen.Add(scope, row.MessageId))
            {
                rows.AddRange(message.Parts.Select((part, at) => _rows.RowOf(row, part, at, input.Mode)));
            }
        }
    }

    /// <summary>A walk along the messages of one exchange.</summary>
    private sealed class Walk(MessageIds ids, MessageRecord common)
    {
        /// <summary>What all rows of the messages to come share.</summary>
        public MessageRecord Common { get; set; } = common;

        public int Index { get; private set; }

        /// <summary>The message before the next one.</summary>
        public string? Previous { get; private set; }

        /// <summary>Steps onto a message: the columns that all its parts share.</summary>
        public MessageRecord Step(NeutralMessage message)
        {
            var row = Common with
            {
                MessageId = ids.Next(message),
                PreviousMessageId = RowJson.Previous(Previous),
                ProviderUuid = message.Id,
                MessageIndex = Index++,
                Role = message.Role,
            };
            Previous = row.MessageId;
            return row;
        }
    }

    private static MessageRecord StandIn(Walk walk, ExchangeRecord exchange, string kind) => walk.Common with
    {
        MessageId = exchange.ExchangeId,
        PreviousMessageId = RowJson.Previous(walk.Previous),
        MessageIndex = walk.Index,
        Role = "assistant",
        PartId = $"{exchange.ExchangeId}#0",
        PartType = kind,
    };

    private MessageRecord Common(ExchangeRecord exchange, NeutralTurn? turn, ClientStatement client, string session) => new()
    {
        SessionId = session,
        ConversationId = _rows.Id(client.Thread),
        UserId = _rows.Text(client.UserId),
        Provider = exchange.Protocol switch
        {
            null => "unknown",
            "openai-chat" or "openai-responses" => "openai",
            var protocol => protocol,
        },
        Model = _rows.Text(exchange.ModelServed ?? turn?.Model ?? exchange.ModelSent ?? exchange.ModelAsked),
        ConversationStartedAt = _sessions.StartOf(session, exchange.StartedAt),
        ClientName = _rows.Text(exchange.ClientName),
        Cwd = _rows.Text(client.Cwd),
        GitBranch = _rows.Text(client.GitBranch),
        GitRemote = _rows.Text(client.GitRemote),
        HeadSha = _rows.Text(client.HeadSha),
        RepoRoot = _rows.Text(client.RepoRoot),
        ClientVersion = _rows.Text(exchange.ClientVersion),
        Entrypoint = _rows.Text(turn?.Entrypoint),
        IsSidechain = client.AgentId is not null || client.ParentThread is not null ? true : null,
        AgentId = _rows.Text(client.AgentId),
        ParentThreadId = _rows.Text(client.ParentThread),
        RequestId = _rows.Text(exchange.UpstreamRequestId),
        PromptId = _rows.Text(client.PromptId),
        MessageCreatedAt = exchange.StartedAt,
        Date = exchange.StartedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    /// <summary>What the client gets to know and what the upstream said of it; null for an exchange that went well.</summary>
    private static (string Error, string Code, string Message)? FailureOf(
        ExchangeRecord exchange, ReadOnlyMemory<byte> answerBytes, JsonElement? answer)
    {
        if (exchange.Error is null && exchange.Status < 400 && exchange.End is ExchangeEnd.Completed or null)
        {
            return null;
        }

        var said = answer is { ValueKind: JsonValueKind.Object } body && (body.At("error").IsThere() || exchange.Status >= 400)
            ? ErrorPeek.Read(answerBytes.Span)
            : default;
        var code = exchange.ErrorCode ?? said.Type ?? exchange.Error ?? exchange.End?.Word() ?? "";
        var error = exchange.Error ?? code;
        return (error, code, said.Message ?? exchange.ErrorDetail ?? error);
    }

    /// <summary>The status of an answer's last row, which tells why it stopped.</summary>
    private string? StatusAtEnd(MessageRecord last, NeutralTurn? turn)
    {
        if (turn is null)
        {
            return last.Status;
        }

        var toolStatus = last.Status is null ? null : BodyJson.ParseText(last.Status)?.TextAt("tool_status");
        return _json.Status(toolStatus, turn.FinishReason, turn.StopCode, turn.StopText);
    }

    /// <summary>The system prompt and the tools, where they are other than before in this thread. Requests to another model are
    /// another thread: a title is asked of a small one.</summary>
    private MessageRecord WithPrompt(MessageRecord row, NeutralTurn? turn, string thread)
    {
        if (turn is null)
        {
            return row;
        }

        var isNewSystem = turn.SystemText is { } text && _sessions.Changed($"{thread}\nsystem", text);
        var isNewTools = turn.Tools.IsThere() && _sessions.Changed($"{thread}\ntools", turn.Tools.GetRawText());
        return row with
        {
            SystemText = isNewSystem ? _rows.Content(turn.SystemText) : null,
            Tools = isNewTools ? redaction.Json(turn.Tools) : null,
        };
    }

    private static DateTimeOffset EndOf(ExchangeRecord exchange) =>
        double.IsFinite(exchange.TotalMs)
            ? exchange.StartedAt.AddMilliseconds(Math.Clamp(exchange.TotalMs, 0, int.MaxValue))
            : exchange.StartedAt;
}
