//! One operation in OpenAPI's words.

use serde_json::{Map, Value, json};

/// What can be asked of an address by one method.
pub(in crate::gateway) struct Operation {
    summary: &'static str,
    needs_shopper: bool,
    parameters: Vec<Value>,
    body: Option<&'static str>,
    /// Status, and the schema of the answer; none for an answer without a body or of another kind than JSON.
    answers: Vec<(u16, Option<&'static str>)>,
    problems: Vec<u16>,
    links: Vec<Link>,
}

/// Where an answer leads: what of it is a parameter there.
struct Link {
    field: &'static str,
    method: &'static str,
    path: &'static str,
}

/// An operation that answers this status with this schema when all is well, or says that it cannot just now.
pub(in crate::gateway) fn answers_with(summary: &'static str, status: u16, schema: &'static str) -> Operation {
    Operation {
        summary,
        needs_shopper: false,
        parameters: Vec::new(),
        body: None,
        answers: vec![(status, Some(schema))],
        problems: vec![503],
        links: Vec::new(),
    }
}

impl Operation {
    /// It may also answer this.
    pub(in crate::gateway) fn or(mut self, status: u16, schema: Option<&'static str>) -> Self {
        self.answers.push((status, schema));
        self
    }

    /// It may fail with problems of these statuses.
    pub(in crate::gateway) fn problems(mut self, statuses: &[u16]) -> Self {
        self.problems.extend(statuses);
        self
    }

    /// It is for somebody.
    pub(in crate::gateway) fn of_shopper(mut self) -> Self {
        self.needs_shopper = true;
        self.problems(&[401])
    }

    /// It takes a JSON body of this schema.
    pub(in crate::gateway) fn takes(mut self, schema: &'static str) -> Self {
        self.body = Some(schema);
        self.problems(&[400, 408, 413, 415, 422])
    }

    /// It takes an `Idempotency-Key`, and may answer before all is done.
    pub(in crate::gateway) fn under_a_key(self) -> Self {
        let key = json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        });
        let prefer = json!({
            "name": "Prefer", "in": "header", "required": false, "schema": { "type": "string" },
        });
        let mut operation = self.or(202, Some("Accepted")).problems(&[402, 404, 409, 429]);
        operation.parameters.extend([key, prefer]);
        operation
    }

    /// It takes this parameter of the query.
    pub(in crate::gateway) fn query(mut self, name: &'static str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "required": false, "schema": schema }));
        self.problems(&[400])
    }

    /// This field of its answers is the `{id}` of that operation.
    pub(in crate::gateway) fn leads_to(
        mut self,
        field: &'static str,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        self.links.push(Link { field, method, path });
        self
    }

    /// In OpenAPI's words; `ways_in` names the ways to say who is asking.
    pub(super) fn describe(&self, method: &str, path: &str, ways_in: &[&str]) -> Value {
        let mut parameters = path_parameters(path);
        parameters.extend(self.parameters.iter().cloned());
        let mut described = json!({
            "operationId": operation_id(method, path),
            "summary": self.summary,
            "parameters": parameters,
            "responses": self.responses(),
        });
        if let Some(schema) = self.body {
            described["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } });
        }
        if self.needs_shopper {
            described["security"] = ways_in.iter().map(|way| json!({ (*way): [] })).collect();
        }
        described
    }

    fn responses(&self) -> Map<String, Value> {
        let mut responses = Map::new();
        for (status, schema) in &self.answers {
            let mut response = json!({ "description": "Done, or as far as it has come." });
            match schema {
                Some("text/event-stream") => {
                    response["content"] = json!({ "text/event-stream": { "schema": reference("OrderEvent") } });
                }
                Some(schema) => {
                    response["content"] = json!({ "application/json": { "schema": reference(schema) } });
                    if !self.links.is_empty() {
                        response["links"] = Value::Object(self.links.iter().map(Link::describe).collect());
                    }
                }
                None => {}
            }
            responses.insert(status.to_string(), response);
        }
        for status in &self.problems {
            let problem = json!({
                "description": "A problem; nothing was done that its type does not say.",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            });
            responses.entry(status.to_string()).or_insert(problem);
        }
        responses
    }
}

impl Link {
    fn describe(&self) -> (String, Value) {
        let to = operation_id(self.method, self.path);
        let described = json!({ "operationId": to, "parameters": { "id": format!("$response.body#/{}", self.field) } });
        (to, described)
    }
}

/// `{id}` and the like, in their order.
fn path_parameters(path: &str) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect()
}

fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(['/', '{', '}', '.']).filter(|word| !word.is_empty() && *word != "v1");
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
