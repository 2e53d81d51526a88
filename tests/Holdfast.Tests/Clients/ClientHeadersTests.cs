using Holdfast.Clients;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Tests.Clients;

/// <summary>What clients say of themselves.</summary>
public sealed class ClientHeadersTests
{
    [Theory]
    [InlineData("30", 30.0)]
    [InlineData("600", 600.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("1e9", null)]
    [InlineData("999999999999", null)]
    [InlineData("NaN", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    public void How_long_a_client_waits_is_believed_where_it_makes_sense(string stated, double? seconds)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["x-stainless-timeout"] = stated;

        var patience = ClientHeaders.Of(http.Request).Patience;

        Assert.Equal(seconds, patience?.TotalSeconds);
    }

    [Fact]
    public void A_client_that_does_not_say_how_long_it_waits_has_no_patience_stated()
    {
        Assert.Null(ClientHeaders.Of(new DefaultHttpContext().Request).Patience);
    }
}
