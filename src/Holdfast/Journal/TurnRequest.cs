using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Journal;

/// <summary>What makes two requests the same turn: who asks, in which session, where, and for what. A digest: nothing of it
/// can be read back.</summary>
internal readonly record struct TurnKey(UInt128 High, UInt128 Low)
{
    /// <param name="caller">Who asks, as a digest: of all it says for a turn, of who pays for a session.</param>
    /// <param name="session">The session it names, if it does.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="body">The canonical body's hash.</param>
    /// <param name="name">Which turn it says it is, if it does.</param>
    public static TurnKey Of(UInt128 caller, string? session, string target, UInt128 body, string? name = null)
    {
        // Lengths first: no text can pass for the end of another.
        var text = Encoding.UTF8.GetBytes(
            $"{caller:x32} {session?.Length ?? -1} {target.Length} {name?.Length ?? -1} {body:x32} {session}{target}{name}");
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        return new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
    }
}

/// <summary>A request that can say what tells its turn from others.</summary>
internal interface ITurnSource
{
    /// <summary>What tells it from others, and whether it was sent before; null where nothing does. Asked for while its body
    /// is there.</summary>
    TurnRequest? Identify();
}

/// <summary>What is the same in all sendings of one request of a client that is known to send it again only when it has given
/// the first one up.</summary>
/// <param name="Text">Compared only.</param>
/// <param name="OnlyBeforeOutput">Whether it does so only while nothing generated has reached it.</param>
internal sealed record RetryMark(string Text, bool OnlyBeforeOutput);

/// <summary>What makes two answers to the same question alike.</summary>
/// <param name="IsStream">Whether it is a stream.</param>
/// <param name="IsArray">Whether that is one JSON array instead of events.</param>
/// <param name="Options">What else of the request shapes it, and may differ where one is a stream and the other is not.</param>
internal readonly record struct AnswerForm(bool IsStream, bool IsArray = false, UInt128 Options = default);

/// <summary>What a request says about whether it was sent before.</summary>
/// <param name="Key">What it asks for, and which turn it says this is.</param>
/// <param name="Session">Its session with its principal and model, as a digest; null without a session.</param>
/// <param name="Form">The form of the answer it asks for. One that is no stream can be put together out of any stream.</param>
/// <param name="IsNamed">Whether it says itself which turn it is (<c>holdfast-turn</c>, an idempotency key).</param>
/// <param name="RetryCount">How often the client says that it has sent it before; null where it does not say.</param>
/// <param name="Mark">What tells, for a client that is known, that it was sent before; null for the others.</param>
/// <param name="Conversation">What is found in the request of a client that goes on with a part of the answer; null for
/// clients that do not.</param>
internal sealed record TurnRequest(
    TurnKey Key, TurnKey? Session, AnswerForm Form, bool IsNamed = false,
    int? RetryCount = null, RetryMark? Mark = null, TurnKey? Conversation = null)
{
    /// <summary>Whether this request may be another sending of that turn, and not one that was sent beside it on purpose
    /// (sampling): equal requests alone prove nothing.</summary>
    /// <param name="turn">A turn with the same key.</param>
    public bool IsRepeatOf(Turn turn)
    {
        if (turn.KnownRequest is not { } first || (Form != first.Form && (Form.IsStream || !first.Form.IsStream)))
        {
            return false;
        }

        return IsNamed || turn.IsUnheard || (Form == first.Form && (IsRetryOf(first, turn) || IsMarkedAs(first, turn)));
    }

    // SDKs that count their retries make them before headers only. Should it be a sample beside that one after all, which is
    // let go for it, then that one is retried in its turn: each still has an answer of its own.
    private bool IsRetryOf(TurnRequest first, Turn turn) =>
        RetryCount > first.RetryCount && turn.MayBeTakenOver(onlyBeforeHead: true);

    private bool IsMarkedAs(TurnRequest first, Turn turn) =>
        Mark is not null && Mark == first.Mark && !(Mark.OnlyBeforeOutput && turn.HasOutput)
        && turn.MayBeTakenOver(onlyBeforeHead: false);
}
