using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>
/// A script for one request: what to say (the static methods) and what goes wrong meanwhile (the instance methods,
/// each returns a changed copy). Owns no socket. Events are counted as they go out; body bytes before chunking.
/// </summary>
public sealed record Answer
{
    private Answer(Func<SimulatedRequest, AnswerContent> content) => ContentOf = content;

    internal Func<SimulatedRequest, AnswerContent> ContentOf { get; }

    /// <summary>Set for an answer that is chosen by the request: the chosen one then says everything.</summary>
    internal Func<SimulatedRequest, Answer>? Chooser { get; private init; }

    /// <summary>The model whose behaviour this answer copies.</summary>
    internal string? LikeModel { get; private init; }

    internal byte[]? RawBytes { get; private init; }

    internal TimeSpan HeadDelay { get; private init; }

    internal TimeSpan Interval { get; private init; }

    internal Cut? Cut { get; private init; }

    internal ErrorPoint? ErrorAfter { get; private init; }

    internal PingRun? PingRun { get; private init; }

    internal IReadOnlyList<Pause> Pauses { get; private init; } = [];

    internal Gate? EveryEventGate { get; private init; }

    internal int SplitBytes { get; private init; }

    internal BodyFraming Framing { get; private init; }

    internal long? WrongLength { get; private init; }

    internal BodyEncoding Encoding { get; private init; }

    internal StreamDirt Dirt { get; private init; }

    internal int? EmptyDataLineAfter { get; private init; }

    internal bool HasUnaskedContinue { get; private init; }

    internal bool ComesBeforeBody { get; private init; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; private init; } = [];

    // What to say.

    /// <summary>A stream of literal events.</summary>
    public static Answer Sse(Transcript transcript)
    {
        var content = AnswerContent.Stream(transcript);
        return new Answer(_ => content);
    }

    /// <summary>A stream of literal text, split into events at its blank lines.</summary>
    public static Answer Sse(SimulatedProtocol protocol, string text) => Sse(Transcript.Parse(protocol, text));

    /// <summary>A whole answer with the given body.</summary>
    public static Answer Json(string body) => Status(200, body);

    /// <summary>Any status with any body.</summary>
    public static Answer Status(int status, string body, string contentType = "application/json") =>
        new(request => AnswerContent.Whole(request.Protocol, status, body, contentType));

    /// <summary>An error status with the body a provider of the request's protocol sends for it.</summary>
    public static Answer Error(int status) => new(request => ProtocolTexts.ErrorContent(request.Protocol, status));

    /// <summary>The HTML page of a CDN or proxy in front of the provider.</summary>
    public static Answer Html(int status) => new(request =>
        AnswerContent.Whole(request.Protocol, status, ProtocolTexts.HtmlPage(status), "text/html; charset=UTF-8"));

    /// <summary>These bytes instead of HTTP, then FIN.</summary>
    public static Answer Raw(ReadOnlySpan<byte> bytes) =>
        new(request => new AnswerContent(request.Protocol, 0, "", Streamed: false)) { RawBytes = bytes.ToArray() };

    /// <summary>The healthy answer: a stream if the request asks for one, whatever its model name.</summary>
    public static Answer Ok() => Like("sim");

    /// <summary>What a request for the model <paramref name="model"/> gets, for example <c>sim-n3-rst2</c>.</summary>
    public static Answer Like(string model) =>
        new(request => throw new InvalidOperationException(request.Target)) { LikeModel = model };

    /// <summary>A whole JSON answer although the request asks for a stream.</summary>
    public static Answer JsonForStream() => Like("sim-json");

    /// <summary>A stream whose only delta carries <paramref name="bytes"/> bytes of text.</summary>
    public static Answer HugeEvent(int bytes) => new(request => AnswerContent.Stream(
        Transcript.Of(request.Protocol, TranscriptShape.Huge(bytes))));

    /// <summary>JSON that repeats the request: method, target, headers, length and SHA-256 of the body.</summary>
    public static Answer Echo() => new(EchoAnswer.ContentOf);

    /// <summary>400 for what the real Anthropic API refuses, else what <paramref name="otherwise"/> says.</summary>
    public static Answer StrictAnthropic(Answer? otherwise = null)
    {
        var healthy = otherwise ?? Ok();
        return Choose(request => StrictAnthropicRules.Violation(request) is { } problem
            ? new Answer(r => ProtocolTexts.ErrorContent(r.Protocol, 400, problem))
            : healthy);
    }

    /// <summary>Nothing at all: the request is read and the connection stays open.</summary>
    public static Answer Never() => Ok().DelayHeaders(Timeout.InfiniteTimeSpan);

    /// <summary>Decides when the request is known.</summary>
    public static Answer Choose(Func<SimulatedRequest, Answer> chooser) => Ok() with { Chooser = chooser };

    // Time.

    /// <summary>Waits before the headers.</summary>
    public Answer DelayHeaders(TimeSpan delay) => this with { HeadDelay = delay };

    /// <summary>Waits before every event but the first.</summary>
    public Answer Every(TimeSpan interval) => this with { Interval = interval };

    /// <summary>Says nothing after <paramref name="events"/> events; for ever unless a time is given.</summary>
    public Answer SilentAfter(int events, TimeSpan? silence = null) =>
        With(new Pause(events, silence ?? Timeout.InfiniteTimeSpan, null));

    /// <summary>After <paramref name="events"/> events only pings for <paramref name="time"/>, then the rest.</summary>
    public Answer PingsFor(TimeSpan time, TimeSpan every, int events = 0) =>
        this with { PingRun = new PingRun(events, (int)(time / every), every) };

    /// <summary>After <paramref name="events"/> events the next waits for a permit of the gate.</summary>
    public Answer GateAfter(int events, Gate gate) => With(new Pause(events, default, gate));

    /// <summary>Every event waits for a permit of the gate.</summary>
    public Answer GateEvery(Gate gate) => this with { EveryEventGate = gate };

    /// <summary>
    /// Answers as soon as the head is read, then closes, as edges do that refuse a body. The request is incomplete:
    /// it does not count in the ledger and is not kept.
    /// </summary>
    public Answer BeforeBody() => ThenClose() with { ComesBeforeBody = true };

    // Ends.

    /// <summary>RST with no byte of an answer.</summary>
    public Answer ResetBeforeHeaders() => this with { Cut = new Cut(AnswerEnding.Reset, null, null, true) };

    /// <summary>FIN with no byte of an answer.</summary>
    public Answer FinBeforeHeaders() => this with { Cut = new Cut(AnswerEnding.HalfClose, null, null, true) };

    /// <summary>RST after <paramref name="bytes"/> body bytes; 0: after the headers.</summary>
    public Answer ResetAfter(long bytes) => this with { Cut = new Cut(AnswerEnding.Reset, bytes, null, false) };

    /// <summary>RST after <paramref name="events"/> events.</summary>
    public Answer ResetAfterEvent(int events) => this with { Cut = new Cut(AnswerEnding.Reset, null, events, false) };

    /// <summary>FIN after <paramref name="bytes"/> body bytes, in the middle of a chunk where they are.</summary>
    public Answer FinAfter(long bytes) => this with { Cut = new Cut(AnswerEnding.HalfClose, bytes, null, false) };

    /// <summary>FIN after <paramref name="events"/> events, without the last chunk.</summary>
    public Answer FinAfterEvent(int events) => this with { Cut = new Cut(AnswerEnding.HalfClose, null, events, false) };

    /// <summary>FIN inside a chunk: one byte after <paramref name="events"/> events.</summary>
    public Answer FinInsideEvent(int events) => this with { Cut = new Cut(AnswerEnding.HalfClose, 1, events, false) };

    /// <summary>A proper end of the HTTP body after <paramref name="bytes"/> body bytes.</summary>
    public Answer CleanEndAfter(long bytes) => this with { Cut = new Cut(CleanEnding, bytes, null, false) };

    /// <summary>A proper end of the HTTP body after <paramref name="events"/> events.</summary>
    public Answer CleanEndAfterEvent(int events) => this with { Cut = new Cut(CleanEnding, null, events, false) };

    /// <summary>An error event in place of everything after <paramref name="events"/> events.</summary>
    /// <param name="text">The literal event, blank line included; without it the protocol's own.</param>
    public Answer ErrorEventAfter(int events, string? text = null) =>
        this with { ErrorAfter = new ErrorPoint(events, text) };

    /// <summary>The whole answer, then FIN; <paramref name="announced"/>: with <c>connection: close</c>.</summary>
    public Answer ThenClose(bool announced = true) =>
        (announced ? Header("connection", "close") : this) with
        {
            Cut = new Cut(AnswerEnding.Close, null, null, false),
        };

    // Framing and encoding.

    /// <summary>Splits the body into writes, and chunks, of <paramref name="bytes"/> bytes.</summary>
    public Answer Split(int bytes) => this with { SplitBytes = bytes };

    /// <summary>Chunked, also for a whole answer.</summary>
    public Answer Chunked() => this with { Framing = BodyFraming.Chunked };

    /// <summary>Neither length nor chunks: the end of the connection ends the body.</summary>
    public Answer CloseDelimited() => this with { Framing = BodyFraming.CloseDelimited };

    /// <summary>A length, also for a stream: the true one, or a wrong one and then FIN.</summary>
    public Answer ContentLength(long? wrong = null) =>
        this with { Framing = BodyFraming.ContentLength, WrongLength = wrong };

    /// <summary>gzip, asked for or not.</summary>
    public Answer Gzip() => this with { Encoding = BodyEncoding.Gzip };

    /// <summary>Brotli, asked for or not.</summary>
    public Answer Brotli() => this with { Encoding = BodyEncoding.Brotli };

    /// <summary>Says gzip and is not.</summary>
    public Answer BadGzip() => this with { Encoding = BodyEncoding.BadGzip };

    /// <summary>One more header; <c>content-type</c> replaces the usual one.</summary>
    public Answer Header(string name, string value) =>
        this with { Headers = [.. Headers, new KeyValuePair<string, string>(name, value)] };

    // Dirt.

    /// <summary>CRLF line ends.</summary>
    public Answer WithCrLf() => With(StreamDirt.CrLf);

    /// <summary>Lone CR line ends.</summary>
    public Answer WithCr() => With(StreamDirt.Cr);

    /// <summary>A byte order mark first.</summary>
    public Answer WithBom() => With(StreamDirt.Bom);

    /// <summary><c>data:</c> without its space.</summary>
    public Answer WithoutDataSpace() => With(StreamDirt.NoSpaceAfterData);

    /// <summary>No <c>event:</c> lines.</summary>
    public Answer WithoutEventLines() => With(StreamDirt.NoEventLines);

    /// <summary>An event with an empty <c>data:</c> line after <paramref name="events"/> events.</summary>
    public Answer WithEmptyDataLine(int events) => this with { EmptyDataLineAfter = events };

    /// <summary><c>[DONE]</c> followed by a blank.</summary>
    public Answer WithDoneBlank() => With(StreamDirt.DoneWithBlank);

    /// <summary>No terminal event.</summary>
    public Answer WithoutTerminalEvent() => With(StreamDirt.NoTerminalEvent);

    /// <summary>The last event lacks its blank line.</summary>
    public Answer WithoutFinalBlankLine() => With(StreamDirt.NoFinalBlankLine);

    /// <summary>A <c>100 Continue</c> nobody asked for, before the answer.</summary>
    public Answer WithUnaskedContinue() => this with { HasUnaskedContinue = true };

    private const AnswerEnding CleanEnding = AnswerEnding.KeepOpen;

    private Answer With(Pause pause) => this with { Pauses = [.. Pauses, pause] };

    private Answer With(StreamDirt dirt) => this with { Dirt = Dirt | dirt };
}
