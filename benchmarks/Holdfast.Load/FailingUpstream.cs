using System.Diagnostics;
using System.Net.Sockets;

namespace Holdfast.Load;

/// <summary>Fails each request in another way, or answers it well, and knows to the microsecond when it was asked and when it
/// answered.</summary>
internal sealed class FailingUpstream : OwnUpstream
{
    private static readonly byte[] Overloaded = Answer("529 Overloaded", "application/json",
        """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""");

    private static readonly byte[] Broken = Answer("500 Internal Server Error", "application/json",
        """{"type":"error","error":{"type":"api_error","message":"Internal server error"}}""");

    private static readonly byte[] ErrorEvent = Answer("200 OK", "text/event-stream",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"bench\"}}\n\n"
        + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");

    private static readonly byte[] Well = Answer("200 OK", "text/event-stream",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"bench\"}}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
        + "\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n"
        + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");

    private int _asked;
    private long _lastAsked;
    private long _lastAnswered;

    /// <summary>Whether it answers well.</summary>
    public bool IsWell { get; init; }

    /// <summary>When the first byte of the last request was there.</summary>
    public long LastAsked => Volatile.Read(ref _lastAsked);

    /// <summary>When the last answer, or failure, began.</summary>
    public long LastAnswered => Volatile.Read(ref _lastAnswered);

    protected override void NoteAsked() => Volatile.Write(ref _lastAsked, Stopwatch.GetTimestamp());

    protected override async Task<bool> AnswerAsync(Socket socket)
    {
        Volatile.Write(ref _lastAnswered, Stopwatch.GetTimestamp());
        var kind = IsWell ? -1 : _asked++ % 4;
        if (kind == 3)
        {
            socket.LingerState = new LingerOption(true, 0);
            return true;
        }

        await socket.SendAsync(kind switch
        {
            0 => Overloaded,
            1 => Broken,
            2 => ErrorEvent,
            _ => Well,
        });
        return false;
    }
}
