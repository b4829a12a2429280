using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Errors;

/// <summary>What the server says of a parameter that it can't read: what would fit.</summary>
public sealed class InvalidQueryTests(ApiServer server)
{
    private const string Quantize = "/v1/models/any/versions/1/quantize";
    private const string Comparison = "/v1/models/any/versions/1/evaluations/a/comparison";

    [Theory]
    [InlineData("POST", Quantize, "min_agreement=2", "'2' is not valid. It must be a number from 0 to 1.")]
    [InlineData("POST", Quantize, "max_probability_change=x", "'x' is not valid. It must be a number from 0 to 1.")]
    [InlineData("POST", Quantize, "images=1.5", "'1.5' is not valid. It must be a whole number from 20 to 500.")]
    [InlineData(
        "GET",
        "/v1/datasets/any/images",
        "split=foo",
        "'foo' is not valid. It must be one of train, val, test."
    )]
    [InlineData("GET", "/v1/datasets/any", "revision=x", "'x' is not valid. It must be a whole number.")]
    [InlineData("GET", Comparison, "with=", "it is missing, and needed here.")]
    [InlineData(
        "GET",
        "/v1/audit",
        "since=monday",
        "'monday' is not valid. It must be a time such as 2030-01-31T12:00:00Z."
    )]
    public async Task Send_ParameterThatDoesNotFit_SaysWhatWould(
        string method,
        string path,
        string query,
        string problem
    )
    {
        var name = query.Split('=')[0];

        var answer = await server.Api.SendAsync(new HttpMethod(method), $"{path}?{query}");

        Assert.Equal(
            $"Query parameter {name}: {problem}",
            answer.Problem(400, "malformed_request", "?" + name).GetProperty("detail").GetString()
        );
    }

    [Fact]
    public async Task Get_NeededParameterLeftOut_IsSaidToBeMissing()
    {
        var answer = await server.Api.GetAsync(Comparison);

        Assert.Equal(
            "Query parameter with: it is missing, and needed here.",
            answer.Problem(400, "malformed_request", "?with").GetProperty("detail").GetString()
        );
    }

    [Fact]
    public async Task Get_HeaderThatDoesNotFit_IsSaidToBeAHeader()
    {
        var answer = await server.Connect(("Last-Event-ID", "abc")).GetAsync("/v1/trainings/any/events");

        Assert.Equal(
            "Header Last-Event-ID: 'abc' is not valid. It must be a whole number from 0 to 9223372036854775807.",
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString()
        );
    }
}
