using System.Buffers.Binary;
using Holdfast.Sinks;

namespace Holdfast.Admin;

/// <summary>What a purge asks of the gateway that writes: to complete its segments, and to forget which messages it has
/// recorded.</summary>
internal sealed class RecordingEndpoints(BodyRecorder bodies, Recorder recorder)
{
    /// <summary>Everything recorded up to now is to stand in complete segments.</summary>
    public const string Complete = "/recordings/complete";

    /// <summary>Messages are to count as new again: those of the body, 8 bytes each, low byte first; all where it is empty.</summary>
    public const string Forget = "/recordings/forget";

    public async Task CompleteAsync(HttpContext http)
    {
        await bodies.SettleAsync().WaitAsync(http.RequestAborted);
        http.Response.StatusCode = await recorder.CompleteAsync(http.RequestAborted)
            ? StatusCodes.Status204NoContent
            : StatusCodes.Status503ServiceUnavailable;
    }

    public async Task ForgetAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        await bodies.ForgetAsync(body.Length == 0 ? null : EntriesIn(body.ToArray())).WaitAsync(http.RequestAborted);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static HashSet<ulong> EntriesIn(ReadOnlySpan<byte> bytes)
    {
        var entries = new HashSet<ulong>();
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            entries.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return entries;
    }
}
