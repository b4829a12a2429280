using Microsoft.OpenApi;
using ModelService.Api.Auth;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Language;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>The OpenAPI document at <c>/swagger/v1/swagger.json</c> and the pages made of it at <c>/swagger</c>.</summary>
internal static class SwaggerPages
{
    /// <summary>Adds the generator.</summary>
    public static void AddSwagger(this WebApplicationBuilder builder)
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
                        "Serves image classifiers that are described as data: a network in JSON or a predefined one, weights trained in PyTorch, photos in, class scores out. No Python.",
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
                options.IncludeXmlComments(assembly);
            }

            options.AddSecurityDefinition(
                ApiKeyHandler.SchemeName,
                new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = ApiKeyHandler.Header,
                    Description = "A key of the server's configuration. A server in Development needs none.",
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
            options.MapLanguage();
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.OperationFilter<BodyFilter>();
            options.OperationFilter<ResponsesFilter>();
            options.OperationFilter<MediaTypeFilter>();
            options.SchemaFilter<DefinitionFilter>();
            options.DocumentFilter<PreprocessingFilter>();
            options.DocumentFilter<PlainWords>();
        });
    }

    /// <summary>Serves the document and the pages.</summary>
    public static void UseSwaggerPages(this WebApplication app)
    {
        app.UseSwagger();
        app.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint("v1/swagger.json", "Model Service");
            options.DocumentTitle = "Model Service";
            options.DisplayRequestDuration();
            options.ShowCommonExtensions();
        });
    }

    // Referred to by hand, so the generator does not find it by itself.
    private sealed class PreprocessingFilter : IDocumentFilter
    {
        public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
            context.SchemaGenerator.GenerateSchema(typeof(PreprocessingDefinition), context.SchemaRepository);
    }
}
