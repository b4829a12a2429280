using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Swagger;

/// <summary>The document of the Open Inference Protocol, which is written by hand.</summary>
public sealed partial class OpenInferenceDocumentTests(ApiServer server)
{
    [Fact]
    public async Task Document_Operations_AreThoseOfTheServer()
    {
        var document = (await server.Api.GetAsync("/swagger/open-inference.json")).Ok();
        var described = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}")
            );

        var served = server
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v2", StringComparison.Ordinal))
            .SelectMany(endpoint =>
                endpoint
                    .Metadata.GetRequiredMetadata<HttpMethodMetadata>()
                    .HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}")
            );

        Assert.Equal(served.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_References_LeadToSchemas()
    {
        var text = (await server.Api.GetAsync("/swagger/open-inference.json")).Text;
        var schemas = System.Text.Json.JsonElement.Parse(text).GetProperty("components").GetProperty("schemas");

        Assert.All(
            Reference().Matches(text).Select(match => match.Groups[1].Value),
            name => Assert.True(schemas.TryGetProperty(name, out _), name)
        );
    }

    [Fact]
    public async Task Document_ExampleOfARequest_Works()
    {
        await server.Api.EnsureAsync(Networks.Tiny("documented"));
        var example = (await server.Api.GetAsync("/swagger/open-inference.json"))
            .Ok()
            .GetProperty("components")
            .GetProperty("schemas")
            .GetProperty("InferRequest")
            .GetProperty("example");

        (await server.Api.PostAsync("/v2/models/documented/infer", example.GetRawText())).Ok();
    }

    [GeneratedRegex("#/components/schemas/([A-Za-z]+)")]
    private static partial Regex Reference();
}
