using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire;

/// <summary>What the relay does with a frame after the follower has seen it.</summary>
public enum FrameAction
{
    /// <summary>Relay it as the upstream wrote it.</summary>
    Relay,

    /// <summary>Relay <see cref="StreamFollower.Replacement"/> in its stead: clients cannot take it as it is.</summary>
    Replace,

    /// <summary>Leave it out: it says nothing and breaks clients.</summary>
    Drop,
}

/// <summary>
/// Follows the frames of one streamed answer: knows whether it has begun, whether generated output has come, whether it
/// may end here, and which bytes keep it alive or end it in the upstream's stead. Sees a copy: never changes what it is
/// shown. Used by one relay at a time.
/// </summary>
public abstract class StreamFollower
{
    private readonly ArrayBufferWriter<byte> _replacement = new(64);

    /// <summary>Whether the event that ends an answer has come; nothing may be injected from then on.</summary>
    public bool IsTerminal { get; protected set; }

    /// <summary>Whether the stream may end here although no closing event has come (Gemini has none).</summary>
    public bool IsWhole { get; protected set; }

    /// <summary>Whether everything but the closing event is there, so that we may add it (D16).</summary>
    public bool LacksOnlyClosing { get; protected set; }

    /// <summary>Whether the protocol's first event has come.</summary>
    public bool HasBegun { get; protected set; }

    /// <summary>Whether anything generated has come: the commit (D26).</summary>
    public bool HasOutput { get; protected set; }

    /// <summary>Whether the upstream itself reported a failure inside the stream.</summary>
    public bool HasFailed { get; protected set; }

    /// <summary>The type or code of the upstream's own in-stream error.</summary>
    public string? UpstreamError { get; protected set; }

    /// <summary>Why the answer stopped, where that is no usual way to stop (<c>network_error</c>, <c>content_filter</c>):
    /// what has come may be no answer at all.</summary>
    public string? OddStop { get; protected set; }

    /// <summary>How many signatures of thinking came empty (R48).</summary>
    public int EmptySignatures { get; protected set; }

    /// <summary>The model the answer names.</summary>
    public string? Model { get; protected set; }

    /// <summary>Tokens stated so far.</summary>
    public abstract TokenUsage? Usage { get; }

    /// <summary>Characters of text, thinking and tool arguments that came so far, as <see cref="GeneratedText"/> measures
    /// them.</summary>
    public long Generated { get; protected set; }

    /// <summary>About how many tokens <see cref="Generated"/> makes: four characters each, rounded up.</summary>
    public long EstimatedOutput => (Generated + 3) / 4;

    /// <summary>Whether an error can be told inside this stream. Where it cannot, a cut is passed on as a cut (D20).</summary>
    public virtual bool CanTellErrors => true;

    /// <summary>How its bytes are cut into frames.</summary>
    public virtual StreamFraming Framing => StreamFraming.ServerSentEvents;

    /// <summary>The bytes to relay after <see cref="FrameAction.Replace"/>; valid until the next frame.</summary>
    public ReadOnlySpan<byte> Replacement => _replacement.WrittenSpan;

    /// <summary>Whether an event needs its <c>event:</c> line for this protocol's clients.</summary>
    protected virtual bool NamesEvents => false;

    /// <summary>Whether this protocol's clients break on SSE comments.</summary>
    protected virtual bool BreaksOnComments => false;

    /// <summary>Whether the stream may end here without loss.</summary>
    /// <param name="cleanly">Whether its transfer came to its own end.</param>
    public virtual bool MayEnd(bool cleanly) => IsTerminal || IsWhole;

    /// <summary>Looks at one whole frame and says what to relay.</summary>
    public virtual FrameAction Observe(ReadOnlySpan<byte> frame)
    {
        var e = SseEvent.Parse(frame);
        if (e.IsBlank)
        {
            return e.HasBom ? Repair(e, default, isDone: false) : FrameAction.Relay;
        }

        if (e.DataLines == 0)
        {
            return ObserveWithoutData(e);
        }

        var data = e.Data.Trim(" \t\n\r"u8);
        if (data.IsEmpty)
        {
            return FrameAction.Drop;
        }

        var isDone = data.SequenceEqual("[DONE]"u8);
        var name = e.Name;
        if (isDone)
        {
            ObserveDone();
        }
        else
        {
            if (NamesEvents && name.IsEmpty)
            {
                JsonPeek.TryTopLevelString(data, "type"u8, out name);
            }

            ReadSafely(name, data);
        }

        // A subclass may already have put something else in the event's place.
        if (_pendingReplacement)
        {
            _pendingReplacement = false;
            return FrameAction.Replace;
        }

        var lacksName = NamesEvents && e.Name.IsEmpty && !name.IsEmpty;
        return e.HasBom || e.LacksSpace || lacksName || (isDone && data.Length != e.Data.Length)
            ? Repair(e, lacksName ? name : default, isDone)
            : FrameAction.Relay;
    }

    /// <summary>
    /// The bytes that complete a frame the upstream left without its closing empty line, or null where the frame itself
    /// is cut: only a whole JSON document or <c>[DONE]</c> may be completed.
    /// </summary>
    public virtual byte[]? CompletionOf(ReadOnlySpan<byte> partial)
    {
        var e = SseEvent.Parse(partial);
        var data = e.DataLines > 0 ? e.Data.Trim(" \t\n\r"u8) : partial.Trim(" \t\n\r"u8);
        if (!data.SequenceEqual("[DONE]"u8) && !JsonPeek.IsWholeObject(data))
        {
            return null;
        }

        return partial[^1] == '\n' ? "\n"u8.ToArray() : "\n\n"u8.ToArray();
    }

    /// <summary>Writes the bytes that keep the stream alive in its present state; may write none.</summary>
    public abstract void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output);

    /// <summary>Writes the closing event the upstream left out.</summary>
    public virtual void WriteClosing(IBufferWriter<byte> output)
    {
    }

    /// <summary>Writes the terminal error of this protocol.</summary>
    public abstract void WriteError(GatewayError error, IBufferWriter<byte> output);

    /// <summary>Writes an upstream's error answer into a stream that is already open (D18).</summary>
    /// <param name="body">The upstream's JSON error body; empty when it has none.</param>
    /// <param name="error">What we say where the body says nothing.</param>
    /// <param name="output">Where to.</param>
    public abstract void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output);

    /// <summary>Reads one event with data. Broken JSON may throw <see cref="JsonException"/>: it is relayed as it is.</summary>
    protected abstract void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data);

    /// <summary>The sentinel <c>[DONE]</c> came.</summary>
    protected virtual void ObserveDone()
    {
    }

    /// <summary>Relay these bytes in the place of the event that is being read.</summary>
    protected IBufferWriter<byte> ReplaceEvent()
    {
        _replacement.ResetWrittenCount();
        _pendingReplacement = true;
        return _replacement;
    }

    private bool _pendingReplacement;

    private void ReadSafely(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        try
        {
            Read(name, data);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not ours to judge: the upstream's own dirt inside an event is relayed as it is, and counts as output.
            HasOutput = true;
        }
    }

    private FrameAction ObserveWithoutData(in SseEvent e)
    {
        var text = e.Text.Trim(" \t\n\r"u8);

        // A bare JSON error without `data:` is how Gemini and some proxies report failure in a stream.
        if (text[0] == '{' && JsonPeek.IsWholeObject(text))
        {
            ReadSafely(default, text);
            _replacement.ResetWrittenCount();
            _replacement.Write("data: "u8);
            JsonPeek.WriteOnOneLine(text, _replacement);
            _replacement.Write("\n\n"u8);
            return FrameAction.Replace;
        }

        if (!e.Name.IsEmpty)
        {
            return FrameAction.Drop;
        }

        if (BreaksOnComments && text[0] == ':')
        {
            _replacement.ResetWrittenCount();
            _replacement.Write("\n"u8);
            return FrameAction.Replace;
        }

        return e.HasBom ? Repair(e, default, isDone: false) : FrameAction.Relay;
    }

    private FrameAction Repair(in SseEvent e, ReadOnlySpan<byte> addedName, bool isDone)
    {
        _replacement.ResetWrittenCount();
        if (!addedName.IsEmpty)
        {
            _replacement.Write("event: "u8);
            _replacement.Write(addedName);
            _replacement.Write("\n"u8);
        }

        var rest = e.Text;
        while (SseEvent.TakeLine(ref rest, out var line))
        {
            if (SseEvent.TryValue(line, "data"u8, out var value, out _))
            {
                _replacement.Write("data: "u8);
                _replacement.Write(isDone ? value.Trim((byte)' ') : value);
            }
            else
            {
                _replacement.Write(line);
            }

            _replacement.Write("\n"u8);
        }

        return FrameAction.Replace;
    }
}
