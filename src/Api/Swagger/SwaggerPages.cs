using System.Globalization;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.OpenApi;
using ModelService.Api.Auth;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Language;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>
/// The OpenAPI documents at <c>/swagger/v1/swagger.json</c> and <c>/swagger/open-inference.json</c>, and Swagger UI at
/// <c>/swagger</c>.
/// </summary>
internal static class SwaggerPages
{
    private const string OpenInference = "open-inference.json";

    /// <summary>Adds the generator of the document.</summary>
    public static void AddSwagger(this IHostApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(
                "v1",
                new OpenApiInfo
                {
                    Title = "Model Service",
                    Version = "v1",
                    Description =
                        "Serves image classifiers that are described as data: a predefined network or one written in "
                        + "JSON, with weights trained in PyTorch. It takes images and returns class scores. It needs "
                        + "no Python.",
                }
            );
            foreach (
                var assembly in new[]
                {
                    typeof(SwaggerPages).Assembly,
                    typeof(ModelDefinition).Assembly,
                    typeof(PreprocessingDefinition).Assembly,
                }
            )
            {
                // Inside another program, the comments may be missing.
                if (File.Exists(Path.ChangeExtension(assembly.Location, "xml")))
                    options.IncludeXmlComments(assembly);
            }

            options.AddSecurityDefinition(
                ApiKeyHandler.SchemeName,
                new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = ApiKeyHandler.Header,
                    Description =
                        "A key from the server's configuration. A server in Development requires none by default.",
                }
            );
            options.AddSecurityDefinition(
                ApiKeyHandler.Bearer,
                new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "The same key, as a bearer token.",
                }
            );
            options.OrderActionsBy(api =>
                string.Create(CultureInfo.InvariantCulture, $"{Groups.IndexOf(api):D2} {PlaceInSource(api):D10}")
            );
            options.MapLanguage();
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.OperationFilter<PathParametersFilter>();
            options.OperationFilter<BodyFilter>();
            options.OperationFilter<TermsFilter>();
            options.OperationFilter<ResponsesFilter>();
            options.OperationFilter<MediaTypeFilter>();
            options.SchemaFilter<DefinitionFilter>();
            options.DocumentFilter<Groups>();
            options.DocumentFilter<PreprocessingFilter>();
            options.DocumentFilter<DescriptionFilter>();
        });
    }

    /// <summary>Serves the document and Swagger UI.</summary>
    public static void UseSwaggerPages(this IApplicationBuilder app)
    {
        app.UseSwagger(options =>
            options.PreSerializeFilters.Add(
                static (document, request) =>
                {
                    // Inside another program, the paths begin with where they were mapped.
                    if (request.PathBase.HasValue)
                        document.Servers = [new OpenApiServer { Url = request.PathBase }];
                }
            )
        );
        app.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint("v1/swagger.json", "Model Service");
            options.SwaggerEndpoint(OpenInference, "Open Inference Protocol");
            options.DocumentTitle = "Model Service";
            options.HeadContent = """<meta name="viewport" content="width=device-width, initial-scale=1">""";
            options.DisplayRequestDuration();
            options.ShowCommonExtensions();
            options.DefaultModelsExpandDepth(0);
            options.EnableDeepLinking();
            options.EnableTryItOutByDefault();
        });
    }

    /// <summary>
    /// Maps the document of the Open Inference Protocol, which is written by hand: its requests are read without
    /// controllers.
    /// </summary>
    public static void MapOpenInferenceDocument(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet($"/swagger/{OpenInference}", WriteAsync).ExcludeFromDescription().AllowAnonymous();

    private static async Task WriteAsync(HttpContext http)
    {
        await using var document = typeof(SwaggerPages).Assembly.GetManifestResourceStream(OpenInference)!;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = document.Length;
        await document.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static int PlaceInSource(ApiDescription api) =>
        api.ActionDescriptor is ControllerActionDescriptor action ? action.MethodInfo.MetadataToken : 0;

    // Adds a schema to which only a schema of LanguageSchemas refers, so that the generator does not find it.
    private sealed class PreprocessingFilter : IDocumentFilter
    {
        public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
            context.SchemaGenerator.GenerateSchema(typeof(PreprocessingDefinition), context.SchemaRepository);
    }
}
