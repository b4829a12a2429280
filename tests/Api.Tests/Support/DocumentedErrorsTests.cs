using Xunit.Sdk;

namespace ModelService.Api.Tests.Support;

public sealed class DocumentedErrorsTests
{
    [Theory]
    [InlineData("GET", "/v1/models/any", 404, "model_not_found")]
    [InlineData("POST", "/v1/models/any/versions/12/predict?top_k=x", 400, "malformed_request")]
    [InlineData("GET", "/v1/models/any/versions/x", 404, "not_found")]
    [InlineData("GET", "/v1/models/%2e%2e", 404, "not_found")]
    [InlineData("PUT", "/v1/models/any", 405, "method_not_allowed")]
    public void Check_ErrorOfTheOperationOrOfNone_Passes(string method, string path, int status, string code) =>
        Check(method, path, status, code);

    [Theory]
    [InlineData("GET", "/v1/models/any", 409, "model_exists")]
    [InlineData("GET", "/v1/models/any", 404, "version_not_found")]
    [InlineData("GET", "/v1/models/any", 500, "model_not_found")]
    public void Check_ErrorThatIsNotListed_Fails(string method, string path, int status, string code) =>
        Assert.ThrowsAny<XunitException>(() => Check(method, path, status, code));

    private static void Check(string method, string path, int status, string code) =>
        DocumentedErrors.Check(
            new HttpMethod(method),
            new Uri(path, UriKind.Relative),
            status,
            $$"""{"code":"{{code}}"}"""
        );
}
