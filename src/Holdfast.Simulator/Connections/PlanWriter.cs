using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Holdfast.Simulator.Answers;

namespace Holdfast.Simulator.Connections;

/// <summary>Executes plans on one connection's stream: waits and writes, nothing else. Throws when the peer is gone.</summary>
internal sealed class PlanWriter(Stream stream, TimeProvider time)
{
    private const int MaxIdLine = 64;

    public async ValueTask WriteAsync(AnswerPlan plan, int requestId, CancellationToken clientGone)
    {
        if (plan.IsImmediate)
        {
            await WriteHeadAsync(plan, requestId, plan.Frames.Count == 0 ? default : plan.Frames[0].Bytes);
            return;
        }

        await PauseAsync(plan.HeadDelay, clientGone);
        if (plan.NothingSent)
        {
            return;
        }

        if (!plan.Head.IsEmpty)
        {
            await WriteHeadAsync(plan, requestId, default);
        }

        await WriteFramesAsync(plan, clientGone);
    }

    private async ValueTask WriteFramesAsync(AnswerPlan plan, CancellationToken clientGone)
    {
        // Each wait is counted from when the one before was due, so that a stream keeps its pace.
        var due = time.GetTimestamp();
        for (var i = 0; i < plan.Frames.Count; i++)
        {
            var frame = plan.Frames[i];
            if (frame.Wait != TimeSpan.Zero)
            {
                due += (long)(frame.Wait.TotalSeconds * time.TimestampFrequency);
                var left = time.GetElapsedTime(time.GetTimestamp(), due);
                // A wait that ended exactly a millisecond ago must not be taken for one without an end.
                left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
                await PauseAsync(frame.Wait == Timeout.InfiniteTimeSpan ? frame.Wait : left, clientGone);
            }

            foreach (var gate in frame.Gates)
            {
                await gate.PassAsync(clientGone);
                due = time.GetTimestamp();
            }

            if (!frame.Bytes.IsEmpty)
            {
                await stream.WriteAsync(frame.Bytes, CancellationToken.None);
            }
        }
    }

    private async ValueTask PauseAsync(TimeSpan pause, CancellationToken clientGone)
    {
        if (pause == Timeout.InfiniteTimeSpan || pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, clientGone);
        }
    }

    /// <summary>One write: interim answer, head with a request id of its own, and, if it fits, the body.</summary>
    private async ValueTask WriteHeadAsync(AnswerPlan plan, int requestId, ReadOnlyMemory<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(plan.Interim.Length + plan.Head.Length + MaxIdLine + body.Length);
        try
        {
            plan.Interim.Span.CopyTo(buffer);
            var length = plan.Interim.Length;
            plan.Head.Span.CopyTo(buffer.AsSpan(length));
            length += plan.Head.Length;
            length += WriteRequestId(plan.RequestIdHeader, requestId, buffer.AsSpan(length));
            body.Span.CopyTo(buffer.AsSpan(length));
            length += body.Length;
            await stream.WriteAsync(buffer.AsMemory(0, length), CancellationToken.None);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The request id's line, if the protocol has one, and the blank line that ends the head.</summary>
    private static int WriteRequestId(string? header, int requestId, Span<byte> target)
    {
        var length = 0;
        if (header is not null)
        {
            length = Encoding.ASCII.GetBytes(header, target);
            ": req_sim_"u8.CopyTo(target[length..]);
            length += 10;
            Utf8Formatter.TryFormat(requestId, target[length..], out var digits, new StandardFormat('D', 8));
            length += digits;
            "\r\n"u8.CopyTo(target[length..]);
            length += 2;
        }

        "\r\n"u8.CopyTo(target[length..]);
        return length + 2;
    }
}
