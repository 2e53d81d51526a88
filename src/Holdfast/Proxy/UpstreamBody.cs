using System.Runtime.CompilerServices;
using Holdfast.Recording.Records;
using Holdfast.Upstreams;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>How reading an upstream's answer went on.</summary>
/// <param name="Bytes">Bytes read; 0 when the answer has ended or was lost.</param>
/// <param name="Lost">Why it was lost; null for bytes and for a clean end.</param>
/// <param name="Detail">The runtime's own words, for the record.</param>
internal readonly record struct BodyRead(int Bytes, ErrorCode? Lost = null, string? Detail = null)
{
    /// <summary>Whether the client left while we waited.</summary>
    public bool ClientGone { get; init; }
}

/// <summary>
/// Reads the body of one upstream answer and looks after the client while it waits: keepalives, silence, the client's
/// leaving, the process's end. Expected failures are values. One loop uses it.
/// </summary>
internal sealed class UpstreamBody(Stream source, Attempt attempt, SilenceBreaker silence)
{
    /// <summary>After so many reads without a wait the loop goes on elsewhere: it may run on a thread that other sockets
    /// wait for.</summary>
    private const int MostAtOnce = 32;

    private readonly Exchange _exchange = attempt.Exchange;
    private readonly Vigil _vigil = attempt.Vigil;
    private int _atOnce;

    /// <summary>What to say when the upstream has been silent for too long; changes when the first byte has come.</summary>
    public ErrorCode SilenceCode { get; set; } = ErrorCodes.FirstByteTimeout;

    /// <summary>What to do when the client has heard nothing for long, instead of a keepalive.</summary>
    public Func<ValueTask>? OnClientSilent { get; set; }

    /// <summary>Waits until there is something to read. Asks for no memory: an idle stream holds none.</summary>
    public ValueTask<BodyRead> WaitAsync() => ReadAsync(Memory<byte>.Empty);

    /// <summary>Reads what is there, or waits for it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BodyRead> ReadAsync(Memory<byte> memory)
    {
        // An upstream that never pauses must not keep us from seeing that it is over.
        if (_vigil.Final() is var final and not Alarm.None)
        {
            return EndOf(final);
        }

        try
        {
#pragma warning disable CA2012 // The rule cannot follow it: the value is taken once, by whichever await is reached.
            var read = source.ReadAsync(memory, _vigil.GivenUp);
#pragma warning restore CA2012
            if (read.IsCompleted)
            {
                if (++_atOnce >= MostAtOnce)
                {
                    _atOnce = 0;
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }

                return Heard(await read);
            }

            _atOnce = 0;

            // One continuation, which only wakes the loop; the value itself is taken once, by the await below.
            read.GetAwaiter().UnsafeOnCompleted(_vigil.Resume);
            while (!read.IsCompleted)
            {
                var alarm = _vigil.Due();
                if (alarm == Alarm.None)
                {
                    await _vigil.WaitAsync();
                }
                else if (alarm == Alarm.ClientSilent)
                {
                    await (OnClientSilent?.Invoke() ?? silence.BreakAsync(attempt.Request, _exchange, _vigil));
                }
                else
                {
                    await AbandonAsync(read);
                    return EndOf(alarm);
                }
            }

            return Heard(await read);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            _exchange.Record.ClosedFirst ??= Side.Upstream;
            if (e is InvalidDataException)
            {
                return new(0, ErrorCodes.StreamGarbled, e.Message);
            }

            var failure = UpstreamFailure.From(e, attempt.Trace, afterHeaders: true);
            return new(0, failure.Code, failure.Detail);
        }
    }

    private BodyRead Heard(int bytes)
    {
        if (_exchange.Record.FirstEventMs is not null
            && _vigil.UpstreamSilence.Silence.TotalMilliseconds is var gap && gap > (_exchange.Record.LongestGapMs ?? 0))
        {
            _exchange.Record.LongestGapMs = gap;
        }

        _exchange.UpstreamHeard();
        return new(bytes);
    }

    private async ValueTask AbandonAsync(ValueTask<int> read)
    {
        await _vigil.GiveUpAsync();
        while (!read.IsCompleted)
        {
            // Its one continuation wakes the loop.
            await _vigil.WaitAsync();
        }

        try
        {
            await read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException or InvalidDataException)
        {
            // Given up by ourselves: whatever it says now says nothing.
        }
    }

    private BodyRead EndOf(Alarm alarm) => alarm switch
    {
        Alarm.ClientGone => new(0) { ClientGone = true },
        Alarm.Stopping => new(0, ErrorCodes.GatewayStopped),
        Alarm.Overtime => new(0, ErrorCodes.TotalTimeout),
        _ => new(0, SilenceCode),
    };
}
