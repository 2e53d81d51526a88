using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Proxy;

/// <summary>
/// Relays an answer that is not a stream of events. Up to 4 MiB it is held until it is whole, so that a cut is still a
/// 502; beyond that it flows, and a cut aborts the transfer (D20). Owns no connection.
/// </summary>
internal sealed class WholeRelay(
    Exchange exchange, ClientRequest request, UpstreamBody body, HttpResponseMessage upstream, Vigil vigil,
    HoldfastOptions options)
{
    private const long LargestHeld = 4 * 1024 * 1024;

    /// <summary>Reading a larger answer takes a noticeable part of a millisecond.</summary>
    private const long LargestReadInPlace = 128 * 1024;

    private readonly HttpResponse _response = exchange.Http.Response;
    private readonly string _contentType =
        upstream.Content.Headers.NonValidated.TryGetValues("content-type", out var value) ? value.ToString() : "";

    /// <summary>Bytes held so far; the caller disposes them with the relay's end.</summary>
    public PooledBytes Held { get; } = new(upstream.Content.Headers.ContentLength ?? 0);

    /// <summary>What was done to the answer before it came here.</summary>
    public string Fidelity { get; init; } = "exact";

    private bool IsSuccess => (int)upstream.StatusCode is >= 200 and < 300;

    private bool Generates => request.Path.Operation == WireOperation.Generate;

    /// <summary>Files, audio, lists of results: nothing in them can be told whole from half, and they may be long.</summary>
    private bool Flows => !Generates && IsSuccess && Held.Length > 0 && !ContentTypeStarts("application/json");

    /// <summary>Whether the bytes held begin like server-sent events: some upstreams stream under another content type.</summary>
    public bool LooksLikeEvents => SseStart.IsIn(Held.Bytes.FirstSpan) == true;

    /// <summary>Whether bytes may follow the head; if not, those that come nevertheless mean nothing.</summary>
    private bool MayHaveBody => !HttpMethods.IsHead(request.Http.Method)
        && (int)upstream.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent
            or StatusCodes.Status304NotModified);

    /// <summary>Reads the first bytes, as many as it takes to tell what they begin; null, or why there are none.</summary>
    public async ValueTask<AttemptResult?> BeginAsync()
    {
        if (!MayHaveBody)
        {
            return null;
        }

        BodyRead read;
        do
        {
            read = await body.ReadAsync(Held.GetMemory());
            Held.Advance(read.Bytes);
        }
        while (read.Bytes > 0 && request.WantsStream && SseStart.IsIn(Held.Bytes.FirstSpan) is null);

        return Failure(read);
    }

    /// <summary>Relays to the end.</summary>
    public async ValueTask<AttemptResult> RunAsync()
    {
        while (Held.Length > 0 && Held.Length <= LargestHeld && !Flows)
        {
            var read = await body.ReadAsync(Held.GetMemory());
            if (Failure(read) is { } failed)
            {
                return failed;
            }

            if (read.Bytes == 0)
            {
                break;
            }

            Held.Advance(read.Bytes);
        }

        return Flows || Held.Length > LargestHeld ? await FlowAsync() : await AnswerAsync();
    }

    private async ValueTask<AttemptResult> AnswerAsync()
    {
        if (IsHtml() && (Generates || !IsSuccess))
        {
            return await AnswerHtmlAsync();
        }

        if (IsSuccess && Generates && MayHaveBody && IsPlainJson())
        {
            if (Held.Length > LargestReadInPlace)
            {
                // Not on a thread that other sockets wait for.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            var peek = AnswerPeek.Read(request.Path.Protocol, Held.Bytes);
            if (peek.IsCut)
            {
                exchange.Record.ClosedFirst ??= "upstream";
                return new AttemptResult.Failed(Phase.Held, ErrorCodes.AnswerTruncated, "The JSON of the answer is cut.");
            }

            exchange.NoteAnswer(peek.Model, peek.Usage);
        }

        if (exchange.Stream is { IsOpen: true } stream)
        {
            return await AnswerInStreamAsync(stream);
        }

        CopyHead();
        if (Held.Length > 0)
        {
            _response.ContentLength = Held.Length;
        }

        await WriteHeldAsync();
        NoteEnd();
        return AttemptResult.Answered.Value;
    }

    /// <summary>The stream is open already: what came can only be told as an error inside it (D18).</summary>
    private async Task<AttemptResult> AnswerInStreamAsync(StreamAnswer stream)
    {
        if (IsSuccess)
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        var bytes = System.Buffers.BuffersExtensions.ToArray(Held.Bytes);
        await stream.EndWithUpstreamErrorAsync(bytes, exchange.ErrorOf(ErrorCodes.UpstreamProtocol,
            $"The upstream answered with status {(int)upstream.StatusCode}."));
        NoteEnd();
        return AttemptResult.Answered.Value;
    }

    private async Task<AttemptResult> AnswerHtmlAsync()
    {
        var status = IsSuccess ? ErrorCodes.UpstreamHtml.Status : (int)upstream.StatusCode;
        var error = exchange.ErrorOf(ErrorCodes.UpstreamHtml,
            $"The upstream answered with an HTML page (status {(int)upstream.StatusCode}){HtmlPage.TitleOf(Held.Bytes)}.");
        exchange.NoteFailure(ErrorCodes.UpstreamHtml, null);
        if (exchange.Stream is { IsOpen: true } stream)
        {
            await stream.EndWithErrorAsync(error);
            return AttemptResult.Answered.Value;
        }

        if (upstream.Headers.NonValidated.TryGetValues("retry-after", out var retryAfter))
        {
            _response.Headers.RetryAfter = retryAfter.ToString();
        }

        await exchange.AnswerErrorAsync(error, status);
        return AttemptResult.Answered.Value;
    }

    private async Task<AttemptResult> FlowAsync()
    {
        if (exchange.Stream is { IsOpen: true })
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        CopyHead();
        vigil.ClientSilence.Stop();
        body.SilenceCode = ErrorCodes.StreamStalled;
        vigil.UpstreamSilence.Start(options.Streaming.StallAfter);
        exchange.Phase = Phase.Committed;
        await WriteHeldAsync();
        Held.Dispose();

        while (true)
        {
            vigil.UpstreamSilence.Restart();
            var read = await body.ReadAsync(_response.BodyWriter.GetMemory());
            if (read is { Lost: null, ClientGone: false, Bytes: 0 })
            {
                NoteEnd();
                return AttemptResult.Answered.Value;
            }

            if (read.Bytes == 0)
            {
                return Cut(read);
            }

            _response.BodyWriter.Advance(read.Bytes);
            exchange.Record.ResponseBytes += read.Bytes;
            await _response.BodyWriter.FlushAsync();
        }
    }

    /// <summary>Too much has flowed to take it back: the cut is passed on as a cut, so that nobody takes it for whole.</summary>
    private AttemptResult.Answered Cut(BodyRead read)
    {
        if (read.ClientGone)
        {
            exchange.NoteClientGone();
        }
        else
        {
            exchange.NoteFailure(read.Lost!, read.Detail);
            exchange.Http.Abort();
        }

        return AttemptResult.Answered.Value;
    }

    private AttemptResult? Failure(BodyRead read)
    {
        if (read.ClientGone)
        {
            exchange.NoteClientGone();
            return AttemptResult.Answered.Value;
        }

        if (read.Lost is not { } lost)
        {
            return null;
        }

        var code = lost.Class == ErrorClass.Stream ? ErrorCodes.AnswerTruncated : lost;
        return new AttemptResult.Failed(
            exchange.Stream is { IsOpen: true } ? Phase.Opened : Phase.Held, code, read.Detail) { Cause = lost };
    }

    private void CopyHead()
    {
        _response.StatusCode = (int)upstream.StatusCode;
        AnswerHeaders.CopyTo(upstream, _response.Headers, keepsBody: (int)upstream.StatusCode
            is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent));
        exchange.StampAnswer(Fidelity);
        exchange.Phase = Phase.Committed;
    }

    private async ValueTask WriteHeldAsync()
    {
        if (Held.Length == 0)
        {
            // Not even an empty write: some statuses take none.
            return;
        }

        exchange.Record.ResponseBytes += Held.Length;
        foreach (var part in Held.Bytes)
        {
            await _response.BodyWriter.WriteAsync(part);
        }
    }

    private void NoteEnd()
    {
        if ((int)upstream.StatusCode < 400)
        {
            exchange.Complete();
            return;
        }

        var bytes = Held.Length <= 64 * 1024 ? System.Buffers.BuffersExtensions.ToArray(Held.Bytes) : [];
        exchange.NoteUpstreamError(ErrorPeek.TypeOf(bytes) ?? $"status_{(int)upstream.StatusCode}");
    }

    private bool IsHtml() => HtmlPage.IsIn(_contentType, Held.Bytes.FirstSpan);

    private bool IsPlainJson() => ContentTypeStarts("application/json") && !upstream.Content.Headers.NonValidated.Contains("content-encoding");

    private bool ContentTypeStarts(string type) => _contentType.StartsWith(type, StringComparison.OrdinalIgnoreCase);

}
