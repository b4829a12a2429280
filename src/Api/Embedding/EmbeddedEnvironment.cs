using Microsoft.Extensions.FileProviders;

namespace ModelService.Api.Embedding;

/// <summary>The environment of a server inside another program. It has no files of its own to serve.</summary>
/// <param name="environment">That of the program.</param>
internal sealed class EmbeddedEnvironment(IHostEnvironment environment) : IWebHostEnvironment
{
    public string ApplicationName { get; set; } = environment.ApplicationName;

    public string EnvironmentName { get; set; } = environment.EnvironmentName;

    public string ContentRootPath { get; set; } = environment.ContentRootPath;

    public IFileProvider ContentRootFileProvider { get; set; } = environment.ContentRootFileProvider;

    public string WebRootPath { get; set; } = "";

    public IFileProvider WebRootFileProvider { get; set; } = new NullFileProvider();
}
