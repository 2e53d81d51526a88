using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Upstreams;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Upstreams;

/// <summary>What cannot be provoked on loopback; the rest is proven on real sockets in the functional tests.</summary>
public sealed class UpstreamFailureTests
{
    [Theory]
    [InlineData(SocketError.NetworkUnreachable)]
    [InlineData(SocketError.HostUnreachable)]
    [InlineData(SocketError.NetworkDown)]
    [InlineData(SocketError.AddressNotAvailable)]
    public void No_route_is_unreachable(SocketError error)
    {
        var failure = UpstreamFailure.From(Connecting(error), new());

        Assert.Same(ErrorCodes.UpstreamUnreachable, failure.Code);
    }

    [Theory]
    [InlineData(SocketError.TryAgain)]
    [InlineData(SocketError.NoData)]
    [InlineData(SocketError.HostNotFound)]
    public void Every_failure_of_name_resolution_is_the_class_DNS(SocketError error)
    {
        var failure = UpstreamFailure.From(Connecting(error), new());

        Assert.Same(ErrorCodes.UpstreamDns, failure.Code);
    }

    [Fact]
    public void The_kernels_own_connect_timeout_is_a_connect_timeout()
    {
        var failure = UpstreamFailure.From(Connecting(SocketError.TimedOut), new());

        Assert.Same(ErrorCodes.UpstreamConnectTimeout, failure.Code);
    }

    [Theory]
    [InlineData(false, "first_byte_timeout")]
    [InlineData(true, "stream_stalled")]
    public void A_path_the_kernel_gave_up_is_a_timeout_of_the_answer(bool afterHeaders, string expected)
    {
        var exception = new HttpRequestException(
            "An error occurred while sending the request.",
            new IOException("Unable to read data from the transport connection.", new SocketException((int)SocketError.TimedOut)));

        var failure = UpstreamFailure.From(exception, Sent(), afterHeaders);

        Assert.Equal(expected, failure.Code.Name);
        Assert.Equal("read ETIMEDOUT", failure.Code.Text);
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.Shutdown)]
    [InlineData(SocketError.ConnectionAborted)]
    public void A_connection_torn_down_while_the_request_goes_out_is_a_reset(SocketError error)
    {
        var exception = new HttpRequestException(
            "Error while copying content to a stream.", new IOException("Unable to write.", new SocketException((int)error)));

        var failure = UpstreamFailure.From(exception, Sent());

        Assert.Same(ErrorCodes.UpstreamReset, failure.Code);
    }

    [Fact]
    public void An_alert_after_the_handshake_is_a_TLS_failure()
    {
        var exception = new HttpRequestException(
            "An error occurred while sending the request.",
            new IOException("The decryption operation failed.",
                new InvalidOperationException("error:0A00045C:SSL routines::tlsv13 alert certificate required")));

        var failure = UpstreamFailure.From(exception, Sent());

        Assert.Same(ErrorCodes.UpstreamTls, failure.Code);
        Assert.Contains("client certificate", failure.Detail);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_we_gave_up_ourselves_is_no_failure_of_the_upstream_and_never_stale(bool afterHeaders)
    {
        var failure = UpstreamFailure.From(new TaskCanceledException("A task was canceled."), Sent(), afterHeaders);

        Assert.Same(ErrorCodes.InternalError, failure.Code);
    }

    [Fact]
    public void An_expired_certificate_is_called_so()
    {
        var exception = new HttpRequestException(
            HttpRequestError.SecureConnectionError, "The SSL connection could not be established, see inner exception.",
            new AuthenticationException("The remote certificate is invalid because of errors in the certificate chain: NotTimeValid"));

        var failure = UpstreamFailure.From(exception, new());

        Assert.StartsWith("certificate has expired", failure.Detail);
    }

    [Fact]
    public void Neither_credentials_nor_queries_of_URLs_stay_in_the_detail_and_it_is_bounded()
    {
        var exception = new HttpRequestException(
            HttpRequestError.ProxyTunnelError,
            "The proxy 'http://worker:hidden@proxy:3128/' said no to https://api.example/v1?key=hidden " + new string('x', 2000));

        var failure = UpstreamFailure.From(exception, new());

        Assert.DoesNotContain("hidden", failure.Detail);
        Assert.Contains("http://proxy:3128/", failure.Detail);
        Assert.InRange(failure.Detail.Length, 1, 500);
    }

    private static HttpRequestException Connecting(SocketError error)
    {
        var socket = new SocketException((int)error);
        return new(HttpRequestError.ConnectionError, socket.Message, socket);
    }

    private static ConnectionTrace Sent() => new() { LastRequestByteAt = 1 };
}
